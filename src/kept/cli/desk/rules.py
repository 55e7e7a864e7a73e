"""House rules, the numbers of the house, and how it words its replies."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from kept.cli import speaking
from kept.cli.acting import AsOption, JsonOption, OrganisationOption, acting
from kept.cli.desk import naming

if TYPE_CHECKING:
    from kept.asks.models import ReplyTemplate

app = typer.Typer()


@app.command("rules")
def rules_(
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the house rules, and how often each was bent lately."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.asks import bending, measuring
        from kept.asks.models import Policy

        rows = list(Policy.objects.filter(retired_at__isnull=True).select_related("owner"))
        bent = bending.bent(rows, now=who.now)
        if as_json:
            told = [
                {
                    "id": row.pk,
                    "name": row.name,
                    "rule": row.rule,
                    "owner": row.owner.name,
                    "limit": measuring.said(row, row.limit),
                    "asks": bent[row.pk].asks,
                    "bent": bent[row.pk].bent,
                    "questioned": bent[row.pk].questioned,
                }
                for row in rows
            ]
            speaking.document({"policies": told})
            return
        for row in rows:
            one = bent[row.pk]
            often = f"; bent {one.bent} of {one.asks}" if one.asks else ""
            mark = " (questioned)" if one.questioned else ""
            speaking.say(f"rule {row.pk}: {row.name}: {row.rule}{often}{mark}")
        if not rows:
            speaking.say("There is no house rule yet.")


@app.command("rule")
def rule_(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is called.")],
    normal: Annotated[
        str, typer.Option("--rule", help="The normal rule, as a client may read it.")
    ] = "",
    language: Annotated[
        str, typer.Option(help="In which language that is, such as pt; left out, the house's.")
    ] = "",
    purpose: Annotated[str, typer.Option(help="What it is for.")] = "",
    owner: Annotated[str, typer.Option(metavar="EMAIL", help="Whose it is.")] = "",
    quantity: Annotated[
        str, typer.Option(help="time_of_day, notice, rounds, hours, money or number.")
    ] = "number",
    limit: Annotated[str, typer.Option(help="14:30, 48, 2.")] = "",
    tolerance: Annotated[str, typer.Option(help="So far beyond, yes at once.")] = "0",
    band: Annotated[str, typer.Option(help="So far the discretion band reaches.")] = "",
    band_role: Annotated[str, typer.Option(help="Who holds it: member, lead or owner.")] = "",
    hard: Annotated[str, typer.Option(help="Beyond it nobody goes.")] = "",
    at_least: Annotated[
        bool, typer.Option("--at-least", help="The limit is the least, not the most.")
    ] = False,
    price: Annotated[str, typer.Option(help="What more of it costs.")] = "",
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a rule of the house."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.asks import policies
        from kept.people.models import Member

        made = policies.make(
            name=name,
            rule=normal,
            language=language,
            purpose=purpose,
            owner=Member.objects.filter(email__iexact=owner).first() if owner else None,
            quantity=quantity,
            limit=limit,
            tolerance=tolerance,
            direction="at_least" if at_least else "at_most",
            band_limit=band,
            band_role=band_role,
            hard_limit=hard,
            price=naming.amount(price, "--price") if price else None,
            by=who.member,
            now=who.now,
        )
        naming.made("policy", made.pk, made.name, as_json=as_json)


@app.command("rule-words")
def rule_words(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="What the rule is called.")],
    language: Annotated[str, typer.Option(help="Such as pt; left out, lists what there is.")] = "",
    normal: Annotated[
        str, typer.Option("--rule", help="The normal rule in it, as a client may read it.")
    ] = "",
    remove: Annotated[bool, typer.Option("--remove", help="Take these words back.")] = False,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a rule in each language that clients read it in, and put it into one."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.asks import rule_wordings

        found = naming.rule(rule)
        if remove:
            row = found.wordings.filter(language=language).first()
            if row is None:
                raise speaking.Stop(f"“{found.name}” is not put into “{language}”.", status=1)
            rule_wordings.remove(row, by=who.member, now=who.now)
        elif language:
            rule_wordings.keep(found, language=language, rule=normal, by=who.member, now=who.now)
        worded = rule_wordings.all_of(found)
        if as_json:
            told = [{"language": one.language, "rule": one.rule, "old": one.old} for one in worded]
            speaking.document({"id": found.pk, "name": found.name, "wordings": told})
            return
        for one in worded:
            old = " (the rule was changed since: no letter takes this)" if one.old else ""
            speaking.say(f"{one.language}: {one.rule}{old}")


@app.command("numbers")
def numbers_(
    look_back: Annotated[
        int | None, typer.Option(help="So many of the last ones tell how a core stands.")
    ] = None,
    hot: Annotated[float | None, typer.Option(help="A core is hot from, in %.")] = None,
    warm: Annotated[float | None, typer.Option(help="A core is warm from, in %.")] = None,
    repeated_from: Annotated[
        int | None, typer.Option(help="The how many-th of a kind is not rare any more.")
    ] = None,
    days: Annotated[int | None, typer.Option(help="In so many days.")] = None,
    questioned_above: Annotated[
        float | None, typer.Option(help="A rule bent in more of its asks is questioned, in %.")
    ] = None,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the house's numbers for asks beyond, and change those that are named."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.asks import numbers

        said: dict[str, Any] = {
            "core_looks_back": look_back,
            "core_hot": None if hot is None else hot / 100,
            "core_warm": None if warm is None else warm / 100,
            "repeated_from": repeated_from,
            "beyond_days": days,
            "questioned_above": None if questioned_above is None else questioned_above / 100,
        }
        changes = {name: value for name, value in said.items() if value is not None}
        kept = numbers.of(who.house)
        if changes:
            kept = numbers.change(by=who.member, now=who.now, **changes)
        if as_json:
            speaking.document(kept)
            return
        for line in numbers.told(kept):
            speaking.say(line)


@app.command("words")
def words_(
    reply: Annotated[
        str, typer.Argument(metavar="REPLY", help="yes_once, fair_no, …; left out, lists them.")
    ] = "",
    language: Annotated[str, typer.Option(help="Such as pt; left out, the house's.")] = "",
    subject: Annotated[str, typer.Option(help="The subject, with merge fields.")] = "",
    body: Annotated[
        str, typer.Option(metavar="FILE", help="A file with the reply, or - for what is piped in.")
    ] = "",
    once: Annotated[str, typer.Option(help="How “this once” is said; for an exception.")] = "",
    no_rule: Annotated[
        str, typer.Option(help="What is normal where no rule of the house is meant.")
    ] = "",
    remove: Annotated[bool, typer.Option("--remove", help="Go back to kept's own words.")] = False,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show how the house words its replies, and change one."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.asks import templates
        from kept.asks.models import ReplyTemplate
        from kept.tenancy import refusals

        if not reply:
            _tell_words(list(ReplyTemplate.objects.all()), as_json=as_json)
            return
        if reply not in templates.For.values:
            raise refusals.NotFound(f"There is no reply “{reply}”. There are: "
                                    f"{', '.join(templates.For.values)}.")  # fmt: skip
        code = language or who.house.language
        row = ReplyTemplate.objects.filter(reply_for=reply, language=code).first()
        if remove:
            if row is None:
                raise speaking.Stop(f"“{reply}” is in kept's own words already.", status=1)
            templates.remove(row, by=who.member, now=who.now)
        elif body:
            row = templates.keep(
                reply,
                language=language,
                subject=subject or (row or templates.usual(reply)).subject,
                body=naming.text(body, "--body"),
                once=once or ("" if row is None else row.once),
                no_rule=no_rule or ("" if row is None else row.no_rule),
                by=who.member,
                now=who.now,
            )
        shown = templates.usual(reply) if row is None or remove else row
        if as_json:
            speaking.document(
                {
                    "id": getattr(shown, "pk", None),
                    "reply_for": reply,
                    "language": shown.language,
                    "subject": shown.subject,
                    "body": shown.body,
                    "once": shown.once,
                    "no_rule": shown.no_rule,
                }
            )
            return
        speaking.say(shown.subject)
        speaking.say()
        speaking.say(shown.body)


def _tell_words(rows: "list[ReplyTemplate]", *, as_json: bool) -> None:
    from kept.asks import templates

    written = {one: [row.language for row in rows if row.reply_for == one]
               for one in templates.For.values}  # fmt: skip
    if as_json:
        speaking.document({"replies": written})
        return
    for one, codes in written.items():
        speaking.say(f"{one}: {', '.join(codes) or 'in kept’s own words'}")
