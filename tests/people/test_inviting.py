"""Invitations, log-ins and tokens."""

from datetime import datetime, timedelta

import pytest
from tests import cast

from kept.ledger import chain
from kept.ledger.models import Event
from kept.people import inviting, logins, solo, staff, tokens
from kept.people.models import ApiToken, Invitation, Login, Member, Role
from kept.tenancy import scope
from kept.tenancy.refusals import NotAllowed, Refused

GOOD = "a stove with nine rings"


def stories() -> list[str]:
    return [str(event.kind) for event in Event.objects.order_by("number")][1:]


@pytest.fixture
def ines(northlight: cast.House, now: datetime) -> Member:
    return staff.add_member(
        name="Ines", email="ines@northlight.example", by=northlight.ada, now=now
    )


def test_an_invited_person_joins_with_a_password_and_the_link_works_once(
    northlight: cast.House, ines: Member, now: datetime
) -> None:
    _invitation, secret = inviting.invite(ines, by=northlight.ada, now=now)

    joined = inviting.accept(secret, password=GOOD, name="Inês Duarte", now=now)

    assert joined.login is not None
    assert joined.login.check_password(GOOD)
    assert (joined.pk, joined.name, joined.email) == (
        ines.pk,
        "Inês Duarte",
        "ines@northlight.example",
    )
    with pytest.raises(inviting.NoSuchInvitation):
        inviting.accept(secret, password=GOOD, now=now)
    assert stories() == ["member.added", "member.invited", "member.joined"]
    assert secret not in str([event.images for event in Event.objects.all()])
    assert list(chain.faults()) == []


def test_a_new_link_ends_the_one_before(
    northlight: cast.House, ines: Member, now: datetime
) -> None:
    _first, old = inviting.invite(ines, by=northlight.ada, now=now)
    _second, new = inviting.invite(ines, by=northlight.ada, now=now)
    with pytest.raises(inviting.NoSuchInvitation):
        inviting.find(old, now=now)
    assert inviting.find(new, now=now).member == ines


@pytest.mark.parametrize("secret", ["", "x", "\x00", "é" * 5000])
def test_a_link_that_never_was_is_refused(
    northlight: cast.House, now: datetime, secret: str
) -> None:
    with pytest.raises(inviting.NoSuchInvitation) as refused:
        inviting.accept(secret, now=now)
    assert refused.value.kind == "not_found"


def test_a_link_ends_after_two_weeks_and_when_the_person_leaves(
    northlight: cast.House, ines: Member, now: datetime
) -> None:
    _invitation, secret = inviting.invite(ines, by=northlight.ada, now=now)
    assert inviting.find(secret, now=now + timedelta(days=13)).member == ines
    with pytest.raises(inviting.NoSuchInvitation):
        inviting.find(secret, now=now + timedelta(days=14))
    staff.leave(ines, by=northlight.ada, now=now)
    with pytest.raises(inviting.NoSuchInvitation):
        inviting.find(secret, now=now)


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("", "Password is missing."),
        ("short", "This password is too short."),
        ("password1234", "This password is too common."),
        ("ines@northlight.example", "The password is too similar to the email."),
        ("x" * 1001, "The password is too long to be kept."),
    ],
)
def test_a_password_that_is_easily_guessed_is_refused_and_the_link_still_works(
    northlight: cast.House, ines: Member, now: datetime, password: str, sentence: str
) -> None:
    _invitation, secret = inviting.invite(ines, by=northlight.ada, now=now)
    with pytest.raises(Refused) as refused:
        inviting.accept(secret, password=password, now=now)
    assert refused.value.field == "password"
    assert sentence in refused.value.sentence
    assert not Login.objects.filter(email="ines@northlight.example").exists()
    assert inviting.find(secret, now=now).member == ines


def test_somebody_of_another_house_joins_with_the_log_in_they_have(
    northlight: cast.House, southbank: cast.House, ines: Member, now: datetime
) -> None:
    _invitation, secret = inviting.invite(ines, by=northlight.ada, now=now)
    cleo = southbank.cleo.login
    with pytest.raises(logins.AddressHasLogin):
        inviting.accept(secret, email="Cleo@southbank.example", password=GOOD, now=now)

    joined = inviting.accept(secret, login=cleo, now=now)

    assert joined.email == "cleo@southbank.example"
    assert list(Member.everywhere.filter(login=cleo)) == [southbank.cleo, joined]


def test_one_log_in_is_one_person_of_a_house(
    northlight: cast.House, ines: Member, now: datetime
) -> None:
    _invitation, secret = inviting.invite(ines, by=northlight.ada, now=now)
    with pytest.raises(inviting.AlreadyJoined):
        inviting.accept(secret, login=northlight.dev.login, now=now)
    assert Invitation.objects.get().used_at is None


def test_only_an_owner_invites_and_only_who_has_no_log_in(
    northlight: cast.House, ines: Member, now: datetime
) -> None:
    with pytest.raises(NotAllowed):
        inviting.invite(ines, by=northlight.ben, now=now)
    with pytest.raises(inviting.HasLogin):
        inviting.invite(northlight.dev, by=northlight.ada, now=now)


def test_one_person_alone_is_solo_until_a_second_is_added(
    southbank: cast.House, now: datetime
) -> None:
    assert solo.is_solo(southbank.organisation)
    with scope.acting_in(southbank.organisation):
        staff.add_member(name="Ina", by=southbank.cleo, now=now)
    assert not solo.is_solo(southbank.organisation)


def test_a_token_is_found_by_its_secret_alone_until_it_is_revoked(
    northlight: cast.House, now: datetime
) -> None:
    token, secret = tokens.make(
        northlight.dev, scopes=["read,write"], name="nightly", by=northlight.dev, now=now
    )
    assert secret.startswith("kept_")
    assert secret not in str(ApiToken.objects.values())

    found = tokens.find(secret, now=now)
    assert found == token
    assert (tokens.scopes_of(token), found.last_used_at) == ({"read", "write"}, now)
    assert tokens.find(token.token_hash, now=now) is None

    tokens.revoke(token, by=northlight.ada, now=now)
    assert tokens.find(secret, now=now) is None
    assert stories() == ["token.made", "token.revoked"]


def test_a_token_ends_when_its_member_leaves(northlight: cast.House, now: datetime) -> None:
    _token, secret = tokens.make(northlight.dev, scopes=["read"], by=northlight.dev, now=now)
    Member.objects.filter(pk=northlight.dev.pk).update(left_at=now)
    assert tokens.find(secret, now=now) is None


@pytest.mark.parametrize("scopes", [[], ["everything"], ["read", "all"]])
def test_a_token_has_scopes_that_there_are(
    northlight: cast.House, now: datetime, scopes: list[str]
) -> None:
    with pytest.raises(Refused) as refused:
        tokens.make(northlight.dev, scopes=scopes, by=northlight.dev, now=now)
    assert refused.value.field == "scopes"


def test_a_token_for_somebody_else_is_an_owner_s_to_make(
    northlight: cast.House, now: datetime
) -> None:
    with pytest.raises(NotAllowed):
        tokens.make(northlight.dev, scopes=["read"], by=northlight.ben, now=now)
    assert tokens.make(northlight.dev, scopes=["read"], by=northlight.ada, now=now)
    assert Member.objects.get(pk=northlight.ben.pk).role == Role.LEAD
