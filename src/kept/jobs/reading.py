"""Which jobs somebody may read."""

from django.db.models import Q, QuerySet

from kept.jobs.models import Job
from kept.people.models import Member, Role


def jobs_for(member: Member) -> QuerySet[Job]:
    """Return the jobs a member may read: a guest's are those with a stage that names them."""
    jobs = Job.objects.all()
    if member.may(Role.MEMBER):
        return jobs
    named = Q(stages__owner=member) | Q(stages__people__member=member)
    return jobs.filter(named).distinct()
