"""The register of tables. Django needs one place; each table lives in its room."""

from kept.api.models import IdempotencyKey
from kept.clients.models import Client, Contact, Service, ServiceStage, ServiceStageAfter
from kept.imports.models import ColumnChoice, Import, ImportedRow, ImportProblem
from kept.jobs.models import (
    Assumption,
    Condition,
    InboundPromise,
    Job,
    Obligation,
    Stage,
    StageAfter,
    StagePerson,
)
from kept.ledger.models import ErasableText, Event, Head
from kept.past.models import Backtest, BacktestStretch, DurationProfile, PastItem, SourceName
from kept.people.models import (
    Absence,
    ApiToken,
    Invitation,
    Login,
    Member,
    MemberSkill,
    Skill,
    WorkingTime,
)
from kept.plan.models import Hold, Outlook, Snapshot
from kept.promises.models import Promise, Terms
from kept.quotes.models import Answer, AnswerDate, AnswerEffect, AnswerLimit, Quote
from kept.tenancy.models import Organisation

__all__ = [
    "Absence",
    "Answer",
    "AnswerDate",
    "AnswerEffect",
    "AnswerLimit",
    "ApiToken",
    "Assumption",
    "Backtest",
    "BacktestStretch",
    "Client",
    "ColumnChoice",
    "Condition",
    "Contact",
    "DurationProfile",
    "ErasableText",
    "Event",
    "Head",
    "Hold",
    "IdempotencyKey",
    "Import",
    "ImportProblem",
    "ImportedRow",
    "InboundPromise",
    "Invitation",
    "Job",
    "Login",
    "Member",
    "MemberSkill",
    "Obligation",
    "Organisation",
    "Outlook",
    "PastItem",
    "Promise",
    "Quote",
    "Service",
    "ServiceStage",
    "ServiceStageAfter",
    "Skill",
    "Snapshot",
    "SourceName",
    "Stage",
    "StageAfter",
    "StagePerson",
    "Terms",
    "WorkingTime",
]
