"""Say something in a chat: Apprise knows how each wants it said; kept makes the requests itself."""

import importlib
import logging
import sys
from types import ModuleType
from typing import Any

from apprise import AppriseAsset, NotifyFormat, PersistentStoreMode
from django.utils.translation import gettext as _

from kept.last_mile.channels import NotTaken, RefusedForGood, guarded
from kept.last_mile.channels.services import Service
from kept.outbox import outward

# It writes whole addresses, keys and all. A filter stays, whoever sets up logging later.
logging.getLogger("apprise").addFilter(lambda _record: False)

#: Answers that mean “later”: too slow, too early, too many.
_LATER = {408, 425, 429}


class NotWhole(ValueError):
    """An address that its chat cannot do anything with."""


def server_of(service: Service, address: str) -> str:
    """Return the server that an address names, as http has it; empty where the chat has its own.

    Raises:
        NotWhole: something is missing in it.
    """
    plugin = _plugin(service, address)
    if not service.own_server or getattr(plugin, "mode", "") == "cloud":
        return ""
    scheme = "https" if plugin.secure else "http"
    port = f":{plugin.port}" if plugin.port else ""
    return f"{scheme}://{plugin.host}{port}/"


def say(service: Service, address: str, *, subject: str, body: str) -> None:
    """Say something in a chat, all of it within ten seconds.

    Raises:
        RefusedForGood: the chat, or the way there, will not take it tomorrow either.
        NotTaken: it may be taken later.
    """
    try:
        plugin = _plugin(service, address)
    except NotWhole:
        raise RefusedForGood(_("Its address is not whole.")) from None
    with guarded.call() as call:
        taken = plugin.notify(title=subject, body=body, body_format=NotifyFormat.TEXT)
    if not taken:
        raise _why_not(call)


def _why_not(call: guarded.Call) -> RefusedForGood | NotTaken:
    match call.outcomes[-1] if call.outcomes else None:
        case outward.NotPublic() as error:
            return RefusedForGood(str(error))
        case OSError():
            return NotTaken(_("Nobody answered there in time."))
        case int(status) if status >= 500 or status in _LATER:
            return NotTaken(_("It answered %(status)s.") % {"status": status})
        case int(status) if 300 <= status < 400:
            return RefusedForGood(
                _("It answered %(status)s and points elsewhere; kept follows no redirect.")
                % {"status": status}
            )
        case int(status) if status >= 400:
            return RefusedForGood(_("It answered %(status)s.") % {"status": status})
    return RefusedForGood(_("It did not take it."))


def _plugin(service: Service, address: str) -> Any:
    """Return Apprise's object for an address; what an address can ask of it beyond is left out."""
    kind = getattr(_module(service), service.plugin)
    said = kind.parse_native_url(address) if address.startswith("https:") else None
    said = said or kind.parse_url(address)
    if not said:
        raise NotWhole
    # A template is a file of this machine, or an address of anybody's choice.
    said = {name: value for name, value in said.items() if name not in {"template", "tags"}}
    try:
        plugin = kind(asset=_asset(), **said)
    except (TypeError, ValueError):
        raise NotWhole from None
    plugin.throttle = _at_once  # the deadline of a call says how long it may last
    return plugin


def _module(service: Service) -> ModuleType:
    name = f"apprise.plugins.{service.module}"
    module = importlib.import_module(name)
    for each in [module, *(sys.modules[m] for m in list(sys.modules) if m.startswith(f"{name}."))]:
        each.requests = guarded.STAND_IN  # type: ignore[attr-defined]
    return module


def _asset() -> AppriseAsset:
    return AppriseAsset(
        app_id="kept",
        app_desc="kept",
        app_url="",
        async_mode=False,
        http_redirects=False,
        image_url_mask="",
        image_url_logo="",
        allow_templates=False,
        storage_mode=PersistentStoreMode.MEMORY,
    )


def _at_once(*_args: Any, **_options: Any) -> None:
    return None
