"""Which events of the ledger tell the story of one promise."""

from django.db import models
from django.db.models import Q

from kept.jobs.models import Assumption, InboundPromise, Obligation, Stage
from kept.last_mile.models import Alarm
from kept.ledger import recording
from kept.ledger.models import Event
from kept.promises.models import Promise
from kept.quotes.models import Answer, Quote


def events_of(promise: Promise) -> models.QuerySet[Event]:
    """Return the events about a promise, its job, what it counts on, its quote and its alarms.

    Forecasts are not among them: one event tells those of all promises.
    """
    job = promise.job_id
    quotes = Quote.objects.filter(job=job)
    about = Q(promise_id=promise.pk) | Q(about_table="job", about_id=job)
    for table, keys in (
        (Stage, Stage.objects.filter(job=job).values("pk")),
        (Obligation, Obligation.objects.filter(job=job).values("pk")),
        (InboundPromise, InboundPromise.objects.filter(job=job).values("pk")),
        (Assumption, Assumption.objects.filter(job=job).values("pk")),
        (Quote, quotes.values("pk")),
        (Answer, quotes.values("answer_id")),
        (Alarm, Alarm.objects.filter(promise=promise).values("pk")),
    ):
        about |= Q(about_table=recording.table_of(table), about_id__in=keys)
    return Event.objects.filter(about)
