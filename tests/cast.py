"""The people in tests.

Ada owns Northlight (an organisation), Ben leads there, Dev and Maya work
there, Gus is a guest; Pete's Bakery and Harbour Clinic are its clients. Cleo
owns Southbank, another organisation with the same client names, and must
never see or touch Northlight.
"""

from dataclasses import dataclass, field
from datetime import datetime

from kept.clients.models import Client
from kept.people import founding
from kept.people.models import Login, Member, MemberSkill, Role, Skill
from kept.tenancy import scope
from kept.tenancy.models import Organisation

PASSWORD = "correct horse battery staple"
ZONE = "Europe/Lisbon"


@dataclass
class House:
    """An organisation with the people and clients of the tests, by first name."""

    organisation: Organisation
    people: dict[str, Member] = field(default_factory=dict)
    skills: dict[str, Skill] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Member:
        try:
            return self.__dict__["people"][name]
        except KeyError:
            raise AttributeError(name) from None


def northlight(*, now: datetime) -> House:
    house = _found("Northlight", "Ada", now)
    with scope.acting_in(house.organisation):
        for name, role in (
            ("Ben", Role.LEAD),
            ("Dev", Role.MEMBER),
            ("Maya", Role.MEMBER),
            ("Gus", Role.GUEST),
        ):
            house.people[name.lower()] = _member(name, role, f"{name.lower()}@northlight.example")
        for skill, people in {"build": ("dev", "ben"), "write": ("maya",)}.items():
            house.skills[skill] = Skill.objects.create(name=skill)
            for person in people:
                MemberSkill.objects.create(member=house.people[person], skill=house.skills[skill])
        for client in ("Pete's Bakery", "Harbour Clinic"):
            house.clients[client] = Client.objects.create(name=client, zone=ZONE)
    return house


def southbank(*, now: datetime) -> House:
    house = _found("Southbank", "Cleo", now)
    with scope.acting_in(house.organisation):
        house.skills["build"] = Skill.objects.create(name="build")
        MemberSkill.objects.create(member=house.people["cleo"], skill=house.skills["build"])
        for client in ("Pete's Bakery", "Harbour Clinic"):
            house.clients[client] = Client.objects.create(name=client, zone=ZONE)
    return house


def _found(name: str, owner: str, now: datetime) -> House:
    login = _login(f"{owner.lower()}@{name.lower()}.example")
    member = founding.found(name=name, zone=ZONE, owner=owner, login=login, now=now, country="PT")
    return House(organisation=member.organisation, people={owner.lower(): member})


def _member(name: str, role: Role, email: str) -> Member:
    member = Member.objects.create(
        name=name, role=role, email=email, zone=ZONE, country="PT", login=_login(email)
    )
    founding.usual_week(member)
    return member


def _login(email: str) -> Login:
    login = Login(email=email)
    login.password = _hashed()
    login.save()
    return login


def _hashed(known: dict[str, str] = {}) -> str:  # noqa: B006 - hashing once for all tests is meant
    if "password" not in known:
        login = Login()
        login.set_password(PASSWORD)
        known["password"] = login.password
    return known["password"]
