"""A house of one: one person holds every role, and is never asked about roles."""

from kept.people.models import Member
from kept.tenancy import scope
from kept.tenancy.models import Organisation


def is_solo(organisation: Organisation) -> bool:
    """Say whether one person alone is here: nobody else has a log-in, or could be invited."""
    with scope.acting_in(organisation):
        return Member.objects.filter(left_at__isnull=True).count() == 1
