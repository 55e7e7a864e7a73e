"""A rule of the house in each language that its clients read, so that no letter is mixed."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from kept.asks.models import Policy, RuleWording
from kept.clients import languages
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access
from kept.people.models import Member, Role
from kept.tenancy import given, refusals, scope


@dataclass(frozen=True)
class Worded:
    """A rule in one language.

    Attributes:
        row: None where it is the rule itself, as its owner wrote it.
        old: the rule says something else since; these words are not put into a letter.
    """

    language: str
    rule: str
    row: RuleWording | None = None
    old: bool = False


class OwnWords(refusals.Refused):
    """It is the language that the rule itself is written in."""


def language_of(policy: Policy) -> str:
    """Return the language in which its owner wrote it."""
    return policy.language or scope.current().language


def all_of(policy: Policy) -> list[Worded]:
    """Return the rule as its owner wrote it, then as others put it into their language."""
    own = Worded(language_of(policy), policy.rule)
    rows = policy.wordings.all()
    return [own, *(_worded(row, policy) for row in rows if row.language != own.language)]


def said_in(policy: Policy, language: str) -> str:
    """Return the rule in a language, without its full stop; empty where nobody put it into that.

    What is written in a language stands for its dialects, and the other way about.
    """
    known = {one.language: one.rule for one in all_of(policy) if not one.old}
    tongue = languages.tongue(language)
    alike = (rule for code, rule in known.items() if languages.tongue(code) == tongue)
    return (known.get(language) or known.get(tongue) or next(alike, "")).rstrip(".")


def unworded(policy: Policy, language: str) -> str:
    """Say that a rule has no words in a language; empty where it has some."""
    if said_in(policy, language):
        return ""
    told = {"rule": policy.name, "language": languages.name(language)}
    tongue = languages.tongue(language)
    if any(one.old and languages.tongue(one.language) == tongue for one in all_of(policy)):
        return (
            _("The rule “%(rule)s” was changed since it was put into %(language)s, so it was left "
              "out. Write it into the reply yourself, or put it into %(language)s anew.") % told
        )  # fmt: skip
    return (
        _("Nobody has put the rule “%(rule)s” into %(language)s, so it was left out. Write it "
          "into the reply yourself, or give it its words once for all letters.") % told
    )  # fmt: skip


def keep(policy: Policy, *, language: str, rule: str, by: Member, now: datetime) -> RuleWording:
    """Put a rule into another language; what stood there before is replaced.

    Raises:
        Refused: no such language, or nothing said.
        OwnWords: the rule itself is written in it.
    """
    access.demand(by, Role.LEAD)
    language = languages.checked(language)
    if not language:
        raise refusals.Refused(_("Say in which language."), field="language")
    rule = given.one_line(rule, called=_("The normal rule"), field="rule", longest=300)
    with transaction.atomic():
        policy = Policy.objects.select_for_update(no_key=True).get(pk=policy.pk)
        if language == language_of(policy):
            raise OwnWords(
                _("The rule itself is written in %(language)s: change it there. Nothing was saved.")
                % {"language": languages.name(language)},
                field="language",
            )
        row = policy.wordings.filter(language=language).first() or RuleWording(
            policy=policy, language=language
        )
        row.rule, row.worded_from = rule, policy.rule
        row.changed_at, row.changed_by = now, by
        row.save()
        recording.record(Event.Kind.POLICY_CHANGED, about=policy, by=by, at=now, rows=[row])
    return row


def remove(row: RuleWording, *, by: Member, now: datetime) -> None:
    """Take back how a rule is said in a language."""
    access.demand(by, Role.LEAD)
    with transaction.atomic():
        row = RuleWording.objects.select_for_update(no_key=True).get(pk=row.pk)
        recording.record(
            Event.Kind.POLICY_CHANGED,
            about=row.policy,
            by=by,
            at=now,
            removed=[(recording.table_of(row), row.pk)],
            facts={"language": row.language},
        )
        row.delete()


def _worded(row: RuleWording, policy: Policy) -> Worded:
    return Worded(row.language, row.rule, row, old=row.worded_from != policy.rule)
