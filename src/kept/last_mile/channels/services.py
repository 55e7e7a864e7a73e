"""The chats that a message can go to, as Apprise speaks them; each by the addresses it is known by.

Apprise knows a hundred more. Those here talk through `requests` alone, which
`guarded` stands in for; a test reads their modules to see that it stays so.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils.functional import Promise as Lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kept.outbox import outward
from kept.outbox.outward import LookUp
from kept.tenancy.refusals import Refused

LONGEST = 500
#: Of a longer address its last signs are shown, to tell two apart.
SHOWN_SIGNS, LONG_ENOUGH = 4, 30


@dataclass(frozen=True, slots=True)
class Service:
    """One chat.

    Attributes:
        module, plugin: where Apprise has it.
        schemes: what its addresses start with.
        hosts: the sites whose https addresses are its own, as the chat itself gives them out.
        own_server: the address names the server, which can be anybody's.
        example: an address, for whoever types one.
    """

    name: str
    label: str | Lazy
    module: str
    plugin: str
    schemes: tuple[str, ...]
    example: str
    hosts: tuple[str, ...] = ()
    own_server: bool = False


SERVICES = (
    Service(
        "slack", "Slack", "slack", "NotifySlack", ("slack",),
        "https://hooks.slack.com/services/T…/B…/…", ("hooks.slack.com",),
    ),
    Service(
        "teams", "Microsoft Teams", "workflows", "NotifyWorkflows", ("workflow", "workflows"),
        "https://….logic.azure.com/workflows/…", ("logic.azure.com", "powerplatform.com"),
    ),
    Service(
        "telegram", "Telegram", "telegram", "NotifyTelegram", ("tgram",),
        "tgram://bot-token/chat-id",
    ),
    Service(
        "ntfy", "ntfy", "ntfy", "NotifyNtfy", ("ntfy", "ntfys"),
        "ntfys://ntfy.example.org/topic", ("ntfy.sh",), own_server=True,
    ),
    Service(
        "mattermost", "Mattermost", "mattermost", "NotifyMattermost", ("mmost", "mmosts"),
        "mmosts://chat.example.org/token", own_server=True,
    ),
    Service(
        "discord", "Discord", "discord", "NotifyDiscord", ("discord",),
        "https://discord.com/api/webhooks/…", ("discord.com", "discordapp.com"),
    ),
    Service(
        "google_chat", "Google Chat", "google_chat", "NotifyGoogleChat", ("gchat",),
        "https://chat.googleapis.com/v1/spaces/…", ("chat.googleapis.com",),
    ),
    Service(
        "rocket_chat", "Rocket.Chat", "rocketchat", "NotifyRocketChat", ("rocket", "rockets"),
        "rockets://token/of-webhook@chat.example.org", own_server=True,
    ),
    Service(
        "zulip", "Zulip", "zulip", "NotifyZulip", ("zulip",),
        "zulip://bot@organization/token/person@example.org",
    ),
    Service(
        "gotify", "Gotify", "gotify", "NotifyGotify", ("gotify", "gotifys"),
        "gotifys://push.example.org/token", own_server=True,
    ),
    Service(
        "webex", "Webex", "webexteams", "NotifyWebexTeams", ("wxteams", "webex"),
        "wxteams://token", ("webexapis.com", "api.ciscospark.com"),
    ),
    Service(
        "nextcloud_talk", "Nextcloud Talk", "nextcloudtalk", "NotifyNextcloudTalk",
        ("nctalk", "nctalks"), "nctalks://user:password@cloud.example.org/room", own_server=True,
    ),
    Service(
        "signal", "Signal", "signal_api", "NotifySignalAPI", ("signal", "signals"),
        "signals://bridge.example.org/+351210000000/+351910000000", own_server=True,
    ),
    Service(
        "pushover", "Pushover", "pushover", "NotifyPushover", ("pover",), "pover://user@token",
    ),
    Service(
        "pushbullet", "Pushbullet", "pushbullet", "NotifyPushBullet", ("pbul",), "pbul://token",
    ),
    Service(
        "json", gettext_lazy("a program of yours"), "custom_json", "NotifyJSON",
        ("json", "jsons"), "jsons://bot.example.org/hook", own_server=True,
    ),
)  # fmt: skip

_BY_SCHEME = {scheme: service for service in SERVICES for scheme in service.schemes}


@dataclass(frozen=True, slots=True)
class Address:
    """Where somebody can be reached.

    Attributes:
        text: the whole of it, with its key. It is kept sealed, and shown to nobody.
        hint: what may be shown of it.
    """

    service: Service
    text: str
    hint: str


def read(text: str, *, field: str = "address", look_up: LookUp | None = None) -> Address:
    """Read an address that somebody types, and see that it leads where kept goes.

    Raises:
        Refused: it is none that kept knows, not whole, or it leads into the house's own network.
    """
    text = text.strip()
    if len(text) > LONGEST or any(ord(sign) < 33 or ord(sign) == 127 for sign in text):
        raise Refused(
            _("An address has no spaces, and at most 500 signs. Nothing was kept."), field=field
        )
    service = _service_of(text)
    if service is None:
        raise Refused(
            _("kept knows no chat by this address. It knows: %(known)s. Nothing was kept.")
            % {"known": ", ".join(str(each.label) for each in SERVICES)},
            field=field,
        )
    from kept.last_mile.channels import speaking  # Apprise takes a moment to load

    try:
        server = speaking.server_of(service, text)
    except speaking.NotWhole:
        raise Refused(
            _(
                "This is no whole address of %(label)s. One looks like %(example)s. "
                "Nothing was kept."
            )
            % {"label": service.label, "example": service.example},
            field=field,
        ) from None
    if server:
        outward.check(server, field=field, look_up=look_up)
    return Address(service, text, _hint(service, server, text))


def _service_of(text: str) -> Service | None:
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        return None
    if parts.scheme != "https":
        return _BY_SCHEME.get(parts.scheme)
    for service in SERVICES:
        if any(host == own or host.endswith(f".{own}") for own in service.hosts):
            return service
    return None


def _hint(service: Service, server: str, text: str) -> str:
    parts = [str(service.label)]
    if server:
        parts.append(outward.place_of(server).named[:60])
    if len(text) >= LONG_ENOUGH:
        parts.append(f"…{text[-SHOWN_SIGNS:]}")
    return ", ".join(parts)
