"""A handed-over stage makes a new version of what the past teaches; older answers keep theirs."""

from datetime import datetime, timedelta

from tests import cast
from tests.past.test_learning import stage

from kept.clients.catalogue import StageSketch
from kept.past import profiles
from kept.past.models import DurationProfile, PastItem
from kept.promises import carrying
from kept.quotes import checking


def test_what_a_stage_took_is_learned_when_it_is_handed_over_and_an_answer_keeps_its_version(
    northlight: cast.House, now: datetime
) -> None:
    answer = checking.check(
        what="Poster", stages=[StageSketch("Poster", 4)], by=northlight.ben, now=now
    ).answer
    assert answer is not None
    then = answer.profile_version
    handed = stage(northlight, now)

    later = now + timedelta(hours=1)
    carrying.hand_over(handed, hours=24, by=northlight.dev, now=later)

    item = PastItem.objects.get()
    assert (item.estimate_hours, item.actual_hours, item.finished_at) == (16, 24, later)
    newest = DurationProfile.objects.get()
    assert profiles.current(later).version == newest.version != then
    answer.refresh_from_db()
    assert answer.profile_version == then
    again = checking.check(
        what="Poster", stages=[StageSketch("Poster", 4)], by=northlight.ben, now=later
    ).answer
    assert again is not None
    assert again.profile_version == newest.version
