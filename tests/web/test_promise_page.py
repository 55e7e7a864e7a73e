"""One promise: its sentence, its terms, its story; voiding needs a lead and a reason."""

from datetime import date

from tests.cast import House
from tests.web.conftest import LogIn, Promised
from tests.web.test_today_page import DEC, _words

from kept.promises.models import Promise


def test_a_promise_tells_its_standing_terms_and_story(
    northlight: House, promised: Promised, login: LogIn
) -> None:
    promise = promised("Letters", due=DEC[14], even=DEC[10], sure=DEC[11], chance=0.94)

    said = _words(login(northlight.maya).get(f"/promises/{promise.pk}").content)

    assert "On track at 94 %. 90 % by Fri 11 Dec. Promised Mon 14 Dec." in said
    assert "First terms Mon 14 Dec, 18:00 Lisbon given at 92 %" in said
    assert "Promised by Ben: Mon 14 Dec, 18:00. These are the first terms and stay so." in said
    assert "Building waiting Dev named" in said
    assert "Nothing testable was agreed." in said


def test_only_a_lead_can_void_and_only_with_a_reason(
    northlight: House, promised: Promised, login: LogIn
) -> None:
    promise = promised("Letters", due=DEC[14], even=DEC[10], sure=DEC[11])
    path = f"/promises/{promise.pk}/void"

    assert login(northlight.maya).post(path, {"reason": "twice"}).status_code == 403
    assert login(northlight.ben).post(path, {"reason": " "}).status_code == 422
    promise.refresh_from_db()
    assert promise.state == Promise.State.ACTIVE

    page = login(northlight.ben).post(path, {"reason": "Recorded twice."}, follow=True)

    promise.refresh_from_db()
    assert promise.state == Promise.State.VOIDED
    assert "Recorded twice." in _words(page.content)


def test_a_name_of_a_client_never_becomes_markup(
    northlight: House, promised: Promised, login: LogIn
) -> None:
    promise = promised("<b>Letters</b>", due=date(2026, 12, 14), even=DEC[10], sure=DEC[11])
    browser = login(northlight.maya)

    for path in ("/", f"/promises/{promise.pk}", "/search?q=Letters"):
        page = browser.get(path).content.decode()
        assert "<b>Letters</b>" not in page
        assert "&lt;b&gt;Letters&lt;/b&gt;" in page
