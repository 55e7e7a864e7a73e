"""What this house sells."""

from datetime import datetime
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from tests import cast

from kept.clients import catalogue
from kept.clients.catalogue import StageSketch
from kept.clients.models import Service, ServiceStage, ServiceStageAfter
from kept.ledger import chain
from kept.ledger.models import Event
from kept.tenancy.refusals import NotAllowed, Refused

LANDING_PAGE = (
    StageSketch("Write", 8, skill="write", done_means="Texts are approved."),
    StageSketch("Build", 16, low_hours=12, high_hours=40, skill="BUILD", after=()),
    StageSketch("Check", 2, after=(1, 2), finishing=True),
)


def stories() -> list[str]:
    return [str(event.kind) for event in Event.objects.order_by("number")][1:]


def test_a_service_gives_back_the_stages_it_was_made_of(
    northlight: cast.House, now: datetime
) -> None:
    service = catalogue.add_service(
        name="Landing page", stages=LANDING_PAGE, price=Decimal(4800), by=northlight.ben, now=now
    )
    assert catalogue.sketches_of(service) == [
        StageSketch("Write", 8, skill="write", after=(), done_means="Texts are approved."),
        StageSketch("Build", 16, low_hours=12, high_hours=40, skill="build", after=()),
        StageSketch("Check", 2, after=(1, 2), finishing=True),
    ]
    assert Service.objects.get().price == Decimal("4800.00")
    assert stories() == ["service.added"]
    assert list(chain.faults()) == []


def test_a_stage_waits_for_the_one_before_it_unless_said_otherwise(
    northlight: cast.House, now: datetime
) -> None:
    service = catalogue.add_service(
        name="Film",
        stages=[StageSketch("Plan", 1), StageSketch("Shoot", 2), StageSketch("Cut", 3)],
        by=northlight.ben,
        now=now,
    )
    assert [stage.after for stage in catalogue.sketches_of(service)] == [(), (1,), (2,)]


@pytest.mark.parametrize(
    ("stages", "field", "sentence"),
    [
        ([], "stages", "Say at least one stage: a piece of work and its hours."),
        ([StageSketch("", 1)], "stages.1.name", "The name of a stage is missing."),
        (
            [StageSketch("Build", 0)],
            "stages.1.likely_hours",
            "Hours of “Build”: 0 cannot be. Give a number above 0, up to 20,000.",
        ),
        (
            [StageSketch("Build", -3)],
            "stages.1.likely_hours",
            "Hours of “Build”: -3 cannot be. Give a number above 0, up to 20,000.",
        ),
        (
            [StageSketch("Build", 1e12)],
            "stages.1.likely_hours",
            "Hours of “Build”: 1,000,000,000,000 cannot be. Give a number above 0, up to 20,000.",
        ),
        (
            [StageSketch("Build", float("nan"))],
            "stages.1.likely_hours",
            "Hours of “Build”: nan cannot be. Give a number above 0, up to 20,000.",
        ),
        (
            [StageSketch("Build", 8, low_hours=9, high_hours=10)],
            "stages.1.likely_hours",
            "“Build”: low, likely and high hours must rise: 9, 8, 10.",
        ),
        (
            [StageSketch("Build", 8, low_hours=4)],
            "stages.1.high_hours",
            "“Build”: give both ends of the range, or only the likely hours.",
        ),
        (
            [StageSketch("Plan", 1), StageSketch("Weld", 8, skill="welding")],
            "stages.2.skill",
            (
                "“Weld” needs the skill “welding”, and nobody who works here has it. Give it to "
                "somebody under People first, or leave it out."
            ),
        ),
        (
            [StageSketch("Write", 8, skill="write", hands=2)],
            "stages.1.hands",
            "“Write” needs 2 people with the skill “write” at once, and 1 has it.",
        ),
        (
            [StageSketch("Build", 8, hands=51)],
            "stages.1.hands",
            "People at once on “Build”: 51 cannot be. Give a number from 1 to 50.",
        ),
        (
            [StageSketch("Build", 8, after=(2,))],
            "stages.1.after",
            "“Build” waits for stage 2, but there are 1.",
        ),
        (
            [StageSketch("A", 1, after=(3,)), StageSketch("B", 1), StageSketch("C", 1)],
            "stages.1.after",
            "These stages wait for each other, so that none could start: “A” → “C” → “B” → “A”.",
        ),
        (
            [StageSketch("A", 1, after=(1,))],
            "stages.1.after",
            "These stages wait for each other, so that none could start: “A” → “A”.",
        ),
        ([StageSketch("A", 1)] * 501, "stages", "501 stages are too many: at most 500."),
    ],
)
def test_stages_that_cannot_be_are_refused_and_nothing_is_saved(
    northlight: cast.House,
    now: datetime,
    stages: list[StageSketch],
    field: str,
    sentence: str,
) -> None:
    with pytest.raises(Refused) as refused:
        catalogue.add_service(name="Odd", stages=stages, by=northlight.ben, now=now)
    assert (refused.value.field, refused.value.sentence) == (field, sentence)
    assert not Service.objects.exists()
    assert stories() == []


@pytest.mark.parametrize(
    "price", [Decimal(-1), Decimal("NaN"), Decimal("Infinity"), Decimal(10**12)]
)
def test_a_price_that_cannot_be_is_refused(
    northlight: cast.House, now: datetime, price: Decimal
) -> None:
    with pytest.raises(Refused) as refused:
        catalogue.add_service(
            name="Odd", stages=LANDING_PAGE, price=price, by=northlight.ben, now=now
        )
    assert refused.value.field == "price"


def test_changed_stages_replace_the_old_ones(northlight: cast.House, now: datetime) -> None:
    service = catalogue.add_service(
        name="Landing page", stages=LANDING_PAGE, by=northlight.ben, now=now
    )
    catalogue.change_service(
        service, stages=[StageSketch("All of it", 20)], by=northlight.ben, now=now
    )
    assert [stage.name for stage in ServiceStage.objects.all()] == ["All of it"]
    assert not ServiceStageAfter.objects.exists()
    event = Event.objects.get(kind=Event.Kind.SERVICE_CHANGED)
    assert sorted(key.split(":")[0] for key, image in event.images.items() if image is None) == [
        *["servicestage"] * 3,
        *["servicestageafter"] * 2,
    ]


def test_a_refused_change_leaves_the_service_as_it_was(
    northlight: cast.House, now: datetime
) -> None:
    service = catalogue.add_service(
        name="Landing page", stages=LANDING_PAGE, by=northlight.ben, now=now
    )
    before = catalogue.sketches_of(service)
    with pytest.raises(Refused):
        catalogue.change_service(
            service, name="Page", stages=[StageSketch("x", -1)], by=northlight.ben, now=now
        )
    assert Service.objects.get().name == "Landing page"
    assert catalogue.sketches_of(service) == before


def test_two_services_never_share_a_name_and_members_do_not_change_the_catalogue(
    northlight: cast.House, now: datetime
) -> None:
    catalogue.add_service(name="Landing page", stages=LANDING_PAGE, by=northlight.ben, now=now)
    with pytest.raises(catalogue.NameIsTaken):
        catalogue.add_service(name="landing PAGE", stages=LANDING_PAGE, by=northlight.ben, now=now)
    with pytest.raises(NotAllowed):
        catalogue.add_service(name="Film", stages=LANDING_PAGE, by=northlight.dev, now=now)


@drawn(st.dictionaries(st.integers(1, 8), st.sets(st.integers(1, 8)), max_size=8))
def test_a_circle_is_found_exactly_when_nothing_left_could_start(
    waiting: dict[int, set[int]],
) -> None:
    circle = catalogue.circle_among(waiting)

    left = {key: others & waiting.keys() for key, others in waiting.items()}
    for _step in waiting:
        free = {key for key, others in left.items() if not others}
        left = {key: others - free for key, others in left.items() if key not in free}
    assert bool(circle) == bool(left)
    for one, other in pairwise(circle):
        assert other in waiting[one]
    if circle:
        assert circle[0] == circle[-1]
