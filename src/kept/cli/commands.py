"""The commands there are, and the module each one lives in.

Only the module of the command that was typed is imported, so `kept --help`
answers before Django or numpy could be loaded. A module holds either a
function named like its command, or an `app` with commands of its own.
"""

import importlib
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from typer.core import TyperGroup


@dataclass(frozen=True, slots=True)
class Command:
    """Where a command lives, and the first line of its help."""

    module: str
    does: str


#: In the order in which a new house meets them.
COMMANDS = {
    "serve": Command("serve", "Bring the database up to date and serve kept."),
    "demo": Command("demo", "Make a sample house with a year of past, and serve it."),
    "check": Command("check", "Ask by when something can be promised, and who pays for that yes."),
    "hold": Command("quoting", "Hold the capacity that one date of an answer needs."),
    "offer": Command(
        "quoting",
        "Send a held date to a contact of the client, or say that they were told in person.",
    ),
    "counter": Command(
        "quoting", "Write down what the client proposes instead of an offer, or answer it."
    ),
    "accept": Command("quoting", "Record the client's yes: the quote becomes a promise."),
    "ask": Command("ask", "Promise a client an answer by a day, and note when it was given."),
    "desk": Command(
        "desk.app",
        "What clients want beyond: asks, house rules, extras, what recurs, what is told.",
    ),
    "promise": Command("promise", "Record a promise already made, in one line."),
    "deliver": Command("life", "Say that a promise is done; the client's word is still to come."),
    "settle": Command(
        "life", "Record the client's word on what was delivered: taken, or sent back."
    ),
    "pause": Command(
        "life",
        "Let the clock stand from when the client owes something that is overdue, never before.",
    ),
    "resume": Command(
        "life", "End a pause: the date moves by the working time that the clock stood."
    ),
    "slip": Command(
        "life", "Say a later date inside the house; what the client was promised does not change."
    ),
    "owed": Command(
        "closing", "Show what the client owes for a promise, record it, or note that it came."
    ),
    "move": Command(
        "moving",
        "Note that the client was told of another date, or their wish; then note the answer.",
    ),
    "bad-news": Command(
        "moving", "Write bad news in time: the odds, two ways out, and the letter; send it."
    ),
    "why": Command(
        "closing", "Say why a date moved or was missed: about the work, never about a person."
    ),
    "notice": Command(
        "closing", "Tell the client that five working days of silence count as acceptance."
    ),
    "reader": Command(
        "closing", "Name who at the client reads a promise by link, or that nobody does."
    ),
    "thank": Command("closing", "Thank the client for their word, once."),
    "again": Command(
        "closing", "Say whether you would promise it again; the next check of such work shows it."
    ),
    "own": Command(
        "own", "Ask who owns what, and answer: yes, what would be possible instead, or no."
    ),
    "stage": Command(
        "stage", "Begin a stage, hand it over, take it or send it back; tick its checklist."
    ),
    "release": Command("life", "Record that the client lets us off; it counts in no rate."),
    "revoke": Command("life", "Say that we cannot: it counts as broken."),
    "void": Command(
        "closing", "Void a promise that was recorded by mistake; it stays listed, with the reason."
    ),
    "last-mile": Command(
        "last_mile", "Show what you see over the line: what is left, who was asked, what they said."
    ),
    "nudge": Command(
        "last_mile",
        "Ask somebody on a promise how it stands; you see it over the line, or stand in.",
    ),
    "acknowledge": Command(
        "last_mile", "Say that you know: the ladder stops, and an answer is owed soon."
    ),
    "answer": Command("last_mile", "Answer an alarm: done by, blocked by, or help is needed."),
    "charter": Command(
        "charter", "Say how you may be chased: hours, days, how often, and by what."
    ),
    "ladder": Command("ladder", "Who hears next when nobody answers, and how long is waited."),
    "rules": Command("rules", "What raises an alarm by itself, and the number it works by."),
    "delegates": Command("delegates", "Who may chase in your place, and in whose place you may."),
    "today": Command("today", "Show open promises: dates, chances, and what needs a hand."),
    "add": Command("add", "Add a client, a person, a service, an absence, or a house of your own."),
    "import": Command("importing", "Bring in history and open work from a file."),
    "past": Command("past", "Show what the past says."),
    "record": Command("record", "Show what was promised, against what was done."),
    "backtest": Command("backtest", "Measure forecasts on a history file, without a database."),
    "simulate": Command("simulate", "Draw the futures of a plan file, without a database."),
    "token": Command("token", "Make an API token for scripts; it is shown once."),
    "webhook": Command(
        "webhook", "Tell other programs, signed, what becomes of promises and alarms."
    ),
    "erase": Command(
        "erase", "Erase what is written about a client, a contact, or a person who left."
    ),
    "worker": Command(
        "worker",
        "Send letters and go the rounds until told to stop; any number of workers may run at once.",
    ),
    "verify": Command(
        "verify",
        "Check that nothing was altered: the chain of events, the rows, the personal texts.",
    ),
    "extract": Command("extract", "Write a file with which a client can check their promises."),
    "doctor": Command("doctor", "Check this installation, and say what to mend."),
    "routes": Command("routes", "List every address, its methods, and who may use it."),
    "manage": Command("manage", "Run one of Django's own commands."),
}


class Lazily(TyperGroup):
    """Commands that are imported when they are typed.

    typer's own click names the contexts of these methods differently from typer's, which is why
    mypy calls each of them another signature.
    """

    def list_commands(self, _ctx: typer.Context) -> list[str]:  # type: ignore[override]
        return list(COMMANDS)

    def get_command(self, _ctx: typer.Context, cmd_name: str) -> Any:  # type: ignore[override]
        command = COMMANDS.get(cmd_name)
        return None if command is None else load(cmd_name)

    def format_commands(self, _ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.does) for name, command in COMMANDS.items()])

    def resolve_command(self, ctx: typer.Context, args: list[str]) -> Any:  # type: ignore[override]
        self.commands = dict.fromkeys(COMMANDS)  # type: ignore[assignment] # names to suggest from
        return super().resolve_command(ctx, args)


def load(name: str) -> Any:
    """Import the module of a command, and return the command ready to run."""
    module = importlib.import_module(f"kept.cli.{COMMANDS[name].module}")
    app: typer.Typer | None = getattr(module, "app", None)
    if app is None:
        app = typer.Typer(add_completion=False, rich_markup_mode=None)
        written = name.replace("-", "_")
        # import is a keyword
        function = getattr(module, written, None) or getattr(module, f"{written}_")
        app.command(name, context_settings=getattr(module, "CONTEXT", None))(function)
    loaded = typer.main.get_command(app)
    loaded.name = name
    return loaded


app = typer.Typer(
    cls=Lazily,
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # slow, and rarely asked for

        typer.echo(f"kept {version('kept')}")
        raise typer.Exit


@app.callback()
def kept(
    _version_: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Can we promise this, by when, and who pays for that yes?

    `kept COMMAND --help` tells more. Commands act on the data in the folder KEPT_DATA.
    """


main = typer.main.get_command(app)
