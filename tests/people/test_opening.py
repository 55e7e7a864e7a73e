"""The first run."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests import cast

from kept.ledger import chain
from kept.people import opening
from kept.people.models import Login, Member
from kept.tenancy import scope
from kept.tenancy.models import Organisation
from kept.tenancy.refusals import Refused

pytestmark = pytest.mark.django_db

ADA = {
    "house": "Northlight",
    "name": "Ada",
    "email": "ada@northlight.example",
    "password": cast.PASSWORD,
    "zone": cast.ZONE,
    "country": "PT",
}


def test_whoever_has_the_code_founds_the_house_and_the_code_ends(
    tmp_path: Path, now: datetime
) -> None:
    code = opening.issue(tmp_path)

    ada = opening.found_house(tmp_path, code.lower().replace("-", " "), **ADA, now=now)

    assert (ada.organisation.name, ada.role, ada.country) == ("Northlight", "owner", "PT")
    assert list(tmp_path.iterdir()) == []
    with scope.acting_in(ada.organisation):
        assert list(chain.faults()) == []
    with pytest.raises(opening.AlreadyOpen):
        opening.found_house(tmp_path, code, **ADA, now=now)


def test_the_folder_does_not_tell_the_code(tmp_path: Path) -> None:
    code = opening.issue(tmp_path)
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert code.replace("-", "") not in file.read_text()


@pytest.mark.parametrize("code", ["", "----", "AAAA-AAAA-AAAA", "é" * 1000, "\x00"])
def test_a_wrong_code_founds_nothing(tmp_path: Path, now: datetime, code: str) -> None:
    opening.issue(tmp_path)
    with pytest.raises(opening.WrongCode):
        opening.found_house(tmp_path, code, **ADA, now=now)
    assert not Organisation.objects.exists()


def test_without_a_code_every_code_is_wrong(tmp_path: Path, now: datetime) -> None:
    with pytest.raises(opening.WrongCode):
        opening.check(tmp_path, "", now=now)


def test_a_new_code_ends_the_one_before(tmp_path: Path, now: datetime) -> None:
    old = opening.issue(tmp_path)
    new = opening.issue(tmp_path)
    with pytest.raises(opening.WrongCode):
        opening.check(tmp_path, old, now=now)
    opening.check(tmp_path, new, now=now)


def test_after_ten_wrong_codes_even_the_right_one_waits_ten_minutes(
    tmp_path: Path, now: datetime
) -> None:
    code = opening.issue(tmp_path)
    for _try in range(10):
        with pytest.raises(opening.WrongCode):
            opening.check(tmp_path, "WRONG", now=now)
    with pytest.raises(opening.TooManyTries):
        opening.check(tmp_path, code, now=now + timedelta(minutes=9))
    opening.check(tmp_path, code, now=now + timedelta(minutes=10))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"house": ""}, "house"),
        ({"name": "A" * 121}, "name"),
        ({"email": ""}, "email"),
        ({"email": "ada"}, "email"),
        ({"password": "ada"}, "password"),
        ({"zone": "Lisbon"}, "zone"),
        ({"country": "ZZ"}, "country"),
    ],
)
def test_bad_input_founds_nothing_and_the_code_still_works(
    tmp_path: Path, now: datetime, change: dict[str, str], field: str
) -> None:
    code = opening.issue(tmp_path)
    with pytest.raises(Refused) as refused:
        opening.found_house(tmp_path, code, **{**ADA, **change}, now=now)
    assert refused.value.field == field
    assert (Organisation.objects.count(), Login.objects.count()) == (0, 0)
    assert not Member.everywhere.exists()
    opening.check(tmp_path, code, now=now)
