"""A house begins: an organisation, its first member, its chain of events."""

from datetime import datetime, time

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import places
from kept.people.models import Login, Member, Role, WorkingTime
from kept.tenancy import given, scope
from kept.tenancy.models import Organisation

#: The working week a member has until another is entered: Monday to Friday, with an hour at noon.
USUAL_WEEK = tuple(
    (weekday, starts, ends)
    for weekday in range(5)
    for starts, ends in ((time(9), time(13)), (time(14), time(18)))
)


def found(
    *,
    name: str,
    zone: str,
    owner: str,
    login: Login,
    now: datetime,
    country: str = "",
    region: str = "",
    day_ends_at: time = time(18),
    currency: str = "EUR",
    sample: bool = False,
) -> Member:
    """Found an organisation and make `login` its owner.

    Returns:
        The owner, from whom the organisation is reached.

    Raises:
        Refused: a name, zone, place or currency that cannot be.
    """
    name = given.one_line(name, called=_("The house’s name"), field="house", longest=120)
    owner = given.one_line(owner, called=_("Your name"), field="name", longest=120)
    zone = given.zone(zone)
    country, region = places.place(country, region)
    with transaction.atomic():
        organisation = Organisation.objects.create(
            name=name,
            slug=_free_slug(name),
            zone=zone,
            country=country,
            region=region,
            day_ends_at=day_ends_at,
            currency=places.currency(currency),
            created_at=now,
            is_sample=sample,
        )
        with scope.acting_in(organisation):
            recording.found(organisation)
            member = Member.objects.create(
                login=login,
                name=owner,
                email=login.email,
                role=Role.OWNER,
                zone=zone,
                country=country,
                region=region,
            )
            week = usual_week(member)
            recording.record(
                Event.Kind.ORGANISATION_FOUNDED,
                about=organisation,
                by=member,
                at=now,
                rows=[organisation, member, *week],
            )
    return member


def usual_week(member: Member) -> list[WorkingTime]:
    """Give a new member the usual working week."""
    return WorkingTime.objects.bulk_create(
        WorkingTime(member=member, weekday=weekday, starts=starts, ends=ends)
        for weekday, starts, ends in USUAL_WEEK
    )


def _free_slug(name: str) -> str:
    wanted = slugify(name)[:50] or "house"
    taken = set(Organisation.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    slug, number = wanted, 2
    while slug in taken:
        slug, number = f"{wanted}-{number}", number + 1
    return slug
