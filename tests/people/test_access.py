"""Who may do what, where it is said for each address, and in which house somebody works."""

from datetime import datetime

import pytest
from tests import cast

from kept.people import access
from kept.people.access import Policy, Route
from kept.people.models import Member, Role
from kept.tenancy import scope
from kept.tenancy.refusals import NotAllowed


def test_a_role_includes_those_below_it(northlight: cast.House) -> None:
    access.demand(northlight.ada, Role.LEAD)
    with pytest.raises(NotAllowed) as refused:
        access.demand(northlight.dev, Role.LEAD)
    assert refused.value.sentence == "This needs the role “Lead”."


def test_a_policy_names_the_least_role_or_none() -> None:
    assert {policy: policy.role for policy in Policy} == {
        Policy.ANYONE: None,
        Policy.SETUP: None,
        Policy.LINK: None,
        Policy.LOGGED_IN: None,
        Policy.GUEST: Role.GUEST,
        Policy.MEMBER: Role.MEMBER,
        Policy.LEAD: Role.LEAD,
        Policy.OWNER: Role.OWNER,
    }


def test_each_address_says_who_may_do_what_there() -> None:
    replies = "/api/v1/holding-replies"
    said = {
        Route("/accounts/login", ("GET", "POST"), Policy.ANYONE, "account_login"),
        Route("/core/<int:pk>/end", ("POST",), Policy.LEAD, "core_end"),
        Route(replies, ("GET",), Policy.MEMBER, "list_replies"),
        Route(replies, ("POST",), Policy.MEMBER, "list_replies"),
    }
    found = list(access.routes())
    paths = {route.path for route in said}
    assert {route for route in found if route.path in paths} == said
    assert [route for route in found if route.policy is None] == []


def test_a_view_of_which_nobody_said_who_may_use_it_is_closed() -> None:
    def view() -> None:
        """Nobody says who may."""

    assert access.policy_of(view, None) is None
    assert access.policy_of(view, "account_logout") is Policy.LOGGED_IN
    assert access.policy_of(access.allow(Policy.LEAD)(view), "account_logout") is Policy.LEAD


def test_somebody_of_two_houses_works_in_the_one_they_chose_and_else_in_the_first(
    northlight: cast.House, southbank: cast.House, now: datetime
) -> None:
    login = northlight.dev.login
    assert login is not None
    with scope.acting_in(southbank.organisation):
        guest = Member.objects.create(name="Dev", role="guest", zone=cast.ZONE, login=login)

    assert access.working_as(login, None) == northlight.dev
    assert access.working_as(login, guest.pk) == guest
    assert access.working_as(login, southbank.cleo.pk) == northlight.dev  # somebody else's
    Member.objects.filter(pk=northlight.dev.pk).update(left_at=now)
    assert access.working_as(login, northlight.dev.pk) == guest
    with scope.acting_in(southbank.organisation):
        Member.objects.filter(pk=guest.pk).update(left_at=now)
    assert access.working_as(login, guest.pk) is None
