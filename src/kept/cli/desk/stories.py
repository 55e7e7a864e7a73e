"""What came of it: reactions, the stories clients let us tell, and whom they sent."""

from typing import TYPE_CHECKING, Annotated

import typer

from kept.cli import speaking
from kept.cli.acting import Acting, AsOption, JsonOption, OrganisationOption, acting
from kept.cli.desk import naming

if TYPE_CHECKING:
    from kept.asks.models import Story

app = typer.Typer()

StoryArgument = Annotated[int, typer.Argument(metavar="STORY", help="Its number.", min=1)]


@app.command("stories")
def stories_(
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the stories, and how far the consent to each is."""
    with acting(organisation, email, as_json=as_json):
        from kept.asks.models import Story

        rows = list(Story.objects.select_related("client"))
        if as_json:
            speaking.document({"stories": [_shown(row) for row in rows]})
            return
        for row in rows:
            speaking.say(
                f"story {row.pk}: {row.title}, {row.client.name}, {row.get_state_display()}"
            )
        if not rows:
            speaking.say("There is no story yet.")


@app.command("story")
def story_(
    title: Annotated[str, typer.Argument(metavar="TITLE", help="What it is about.")],
    client: Annotated[str, typer.Option("--of", metavar="CLIENT", help="Whose story it is.")],
    body: Annotated[
        str,
        typer.Option("--words", metavar="FILE", help="Its exact words; - for what is piped in."),
    ],
    contact: Annotated[
        str, typer.Option(metavar="EMAIL", help="Who has to agree; left out, the only one there.")
    ] = "",
    ask: Annotated[bool, typer.Option("--ask", help="Ask them for their consent at once.")] = False,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a story about a client; it stays in the house until they agree to its exact words."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.asks import storytelling

        made = storytelling.write(
            contact=naming.contact(naming.known_client(client, "--of"), contact),
            title=title,
            words=naming.text(body, "--words"),
            by=who.member,
            now=who.now,
        )
        if ask:
            _ask(made, who)
        _tell(made, as_json=as_json)


@app.command("ask-story")
def ask_story(
    story: StoryArgument,
    body: Annotated[
        str, typer.Option("--words", metavar="FILE", help="Change its words first.")
    ] = "",
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask the contact for consent to a story's words as they are."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.asks import storytelling

        found = naming.story(story)
        if body:
            found = storytelling.change(
                found, words=naming.text(body, "--words"), by=who.member, now=who.now
            )
        _ask(found, who)
        _tell(found, as_json=as_json)


@app.command("tell-story")
def tell_story(
    story: StoryArgument,
    where: Annotated[str, typer.Argument(metavar="WHERE", help="Where it is told.")],
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Note that a story is told; refused without consent to its exact words."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.asks import storytelling

        found = storytelling.publish(naming.story(story), where=where, by=who.member, now=who.now)
        _tell(found, as_json=as_json)


@app.command("untell-story")
def untell_story(
    story: StoryArgument,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write down that they took their consent back: nothing is told after it."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.asks import storytelling

        found = storytelling.withdraw(naming.story(story), by=who.member, now=who.now)
        _tell(found, as_json=as_json)


@app.command("reactions")
def reactions_(
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """List how clients took what they got, as far as they said."""
    with acting(organisation, email, as_json=as_json):
        from kept.asks.models import Reaction

        rows = list(Reaction.objects.select_related("client", "contact", "promise__job", "extra"))
        if as_json:
            told = [
                {
                    "id": row.pk,
                    "client": row.client.name,
                    "promise": row.promise_id,
                    "extra": row.extra_id,
                    "felt": str(row.felt),
                    "words": row.words,
                    "asked_at": row.asked_at,
                }
                for row in rows
            ]
            speaking.document({"reactions": told})
            return
        for row in rows:
            felt = row.get_felt_display() if row.felt else "no answer yet"
            speaking.say(f"reaction {row.pk}: {row.client.name}, {felt}")
        if not rows:
            speaking.say("Nobody was asked how it was yet.")


@app.command("ask-how")
def ask_how(
    promise: Annotated[
        int, typer.Option(metavar="NUMBER", help="The promise that was settled.", min=0)
    ] = 0,
    extra: Annotated[
        int, typer.Option(metavar="NUMBER", help="Or the extra that was given.", min=0)
    ] = 0,
    contact: Annotated[
        str, typer.Option(metavar="EMAIL", help="Whom; left out, whoever it names.")
    ] = "",
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask a client, once and by link, how it was."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.asks import reacting, templates
        from kept.asks.models import Extra
        from kept.promises.models import Promise

        found: Promise | Extra | None = (
            Promise.objects.filter(pk=promise).select_related("job", "client", "contact").first()
            if promise
            else Extra.objects.filter(pk=extra).select_related("client", "promise", "ask").first()
        )
        if found is None:
            raise speaking.Stop("Say which: --promise or --extra, by its number.")
        whom = None
        if contact:
            if found.client is None:
                raise speaking.Stop("That was for a walk-in: nobody there is known.")
            whom = naming.contact(found.client, contact)
        made = reacting.ask(found, contact=whom, by=who.member, now=who.now)
        naming.made("reaction", made.pk, f"asked {made.contact.name}", as_json=as_json)
        if unwritten := templates.unwritten_to(made.contact, templates.For.REACTION):
            speaking.aside(unwritten)


@app.command("referrals")
def referrals_(
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """List who sent us whom."""
    with acting(organisation, email, as_json=as_json):
        from kept.asks.models import Referral

        rows = list(Referral.objects.select_related("referrer", "client"))
        if as_json:
            told = [
                {
                    "id": row.pk,
                    "referrer": row.referrer.name,
                    "client": row.client.name,
                    "told_on": row.told_on,
                    "became_client_at": row.became_client_at,
                }
                for row in rows
            ]
            speaking.document({"referrals": told})
            return
        for row in rows:
            became = "a client now" if row.became_client_at else "a prospect still"
            speaking.say(f"referral {row.pk}: {row.referrer.name} sent {row.client.name}, {became}")
        if not rows:
            speaking.say("Nobody sent us anybody yet.")


@app.command("referral")
def referral_(
    client: Annotated[str, typer.Argument(metavar="CLIENT", help="Whom they sent.")],
    referrer: Annotated[str, typer.Option("--by", metavar="CLIENT", help="Who told them of us.")],
    said: Annotated[str, typer.Option(help="What they said.")] = "",
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write down who sent us a client."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.asks import referring

        made = referring.record(
            referrer=naming.known_client(referrer, "--by"),
            client=naming.known_client(client, "CLIENT"),
            words=said,
            by=who.member,
            now=who.now,
        )
        naming.made("referral", made.pk, f"{referrer} sent {client}", as_json=as_json)


def _ask(story: "Story", who: Acting) -> None:
    """Ask for consent, and say so where the letter is in another language than its reader's."""
    from kept.asks import storytelling, templates

    storytelling.ask(story, by=who.member, now=who.now)
    story.refresh_from_db()
    if unwritten := templates.unwritten_to(story.contact, templates.For.STORY):
        speaking.aside(unwritten)


def _tell(row: "Story", *, as_json: bool) -> None:
    if as_json:
        speaking.document(_shown(row))
        return
    speaking.say(f"story {row.pk}: {row.title}, {row.get_state_display()}")


def _shown(row: "Story") -> dict[str, object]:
    return {
        "id": row.pk,
        "kind": "story",
        "title": row.title,
        "client": row.client.name,
        "state": str(row.state),
        "words": row.words,
        "published_where": row.published_where,
    }
