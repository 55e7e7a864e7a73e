"""By link: how it was, once; a story in exact words, and taking it back."""

from datetime import datetime
from decimal import Decimal

from tests import cast
from tests.portal.conftest import Sara
from tests.web.visiting import text

from kept.asks import extras, reacting, storytelling
from kept.asks.models import Reaction, Story
from kept.tenancy import scope


def test_how_it_was_is_one_tap_and_asked_once(
    northlight: cast.House, sara: Sara, now: datetime
) -> None:
    with scope.acting_in(northlight.organisation):
        gift = extras.record(
            client=sara.contact.client,
            title="A page on parking",
            hours=Decimal(4),
            by=northlight.ben,
            now=now,
        )
        reaction = reacting.ask(gift, contact=sara.contact, by=northlight.ben, now=now)
    assert "How was it? A page on parking" in text(sara.get())
    done = sara.post(f"reactions/{reaction.pk}/say", felt="delighted", word="Lovely, thank you")
    assert (done.status_code, done["Location"]) == (303, f"/p/{sara.token}/?done=reacted")
    assert "How was it?" not in text(sara.get())
    assert sara.post(f"reactions/{reaction.pk}/say", felt="pleased").status_code == 409
    with scope.acting_in(northlight.organisation):
        said = Reaction.objects.get()
        assert (said.felt, said.words) == ("delighted", "Lovely, thank you")


def test_a_story_needs_consent_to_its_exact_words_and_again_when_they_change(
    northlight: cast.House, sara: Sara, now: datetime
) -> None:
    doing = {"by": northlight.ben, "now": now}
    with scope.acting_in(northlight.organisation):
        story = storytelling.write(
            contact=sara.contact, title="A Sunday", words="They came on a Sunday.", **doing
        )
        asked = storytelling.ask(story, **doing)
    seen = text(sara.get())
    assert "Nothing waits for you. Below is a question, if you like." in seen
    assert "They came on a Sunday." in seen
    assert sara.post(f"stories/{asked.pk}/consent", answer="maybe").status_code == 422
    assert sara.post(f"stories/{asked.pk}/consent", answer="yes").status_code == 303
    with scope.acting_in(northlight.organisation):
        storytelling.publish(story, where="our site", **doing)
        storytelling.change(story, words="They came on two Sundays.", **doing)
        assert not storytelling.told().exists()
        again = storytelling.ask(story, **doing)
    assert sara.post(f"stories/{asked.pk}/consent", answer="yes").status_code == 409
    assert sara.post(f"stories/{again.pk}/consent", answer="yes").status_code == 303
    assert "What we may tell of you" in text(sara.get())
    assert sara.post(f"stories/{story.pk}/withdraw").status_code == 303
    with scope.acting_in(northlight.organisation):
        assert Story.objects.get().state == "withdrawn"
    assert "They came on two Sundays." not in text(sara.get())
