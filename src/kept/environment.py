"""What the operator sets from outside: names, defaults, and what each is for.

`docs/reference/settings.md` documents every one; a test compares the two.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit


class BadSetting(SystemExit):
    """A setting cannot be used; the start stops with its name, value and what was expected."""

    def __init__(self, name: str, value: str, expected: str) -> None:
        super().__init__(
            f"{name}={value!r} cannot be used: expected {expected}. kept did not start."
        )


def _text(value: str) -> str:
    return value


def _flag(value: str) -> bool:
    match value.strip().lower():
        case "1" | "true" | "yes" | "on":
            return True
        case "0" | "false" | "no" | "off" | "":
            return False
    raise ValueError(value)


def _list(value: str) -> list[str]:
    return [item.strip() for item in value.split(",") if item.strip()]


def _networks(value: str) -> list[IPv4Network | IPv6Network]:
    return [ip_network(item) for item in _list(value)]


def _count(value: str) -> int:
    number = int(value)
    if number < 1:
        raise ValueError(value)
    return number


def _folder(value: str) -> Path:
    return Path(value).expanduser().absolute()


def _address(value: str) -> str:
    if value and (urlsplit(value).scheme not in {"http", "https"} or not urlsplit(value).netloc):
        raise ValueError(value)
    return value.rstrip("/")


def _seed(value: str) -> str:
    if value and len(bytes.fromhex(value)) != 32:
        raise ValueError(value)
    return value.lower()


def _level(value: str) -> str:
    if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise ValueError(value)
    return value.upper()


@dataclass(frozen=True, slots=True)
class MailServer:
    """A mail server, and how to talk to it."""

    host: str
    port: int
    user: str
    password: str
    tls_at_once: bool
    starttls: bool


#: How a mail server is talked to, by the first part of its address, and at which port.
MAIL_SCHEMES = {"smtp": 587, "smtps": 465, "smtp+plain": 25}


def _mail_server(value: str) -> MailServer | None:
    if not value:
        return None
    parts = urlsplit(value)
    if parts.scheme not in MAIL_SCHEMES or not parts.hostname:
        raise ValueError(value)
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError(value)
    return MailServer(
        host=parts.hostname,
        port=parts.port or MAIL_SCHEMES[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        tls_at_once=parts.scheme == "smtps",
        starttls=parts.scheme == "smtp",
    )


def _mailbox(value: str) -> str:
    name, sign, domain = parseaddr(value)[1].rpartition("@")
    if value and not (name and sign and "." in domain and " " not in f"{name}{domain}"):
        raise ValueError(value)
    return value.strip()


def _without_password(value: str) -> str:
    """Return an address as it may be shown: what stands before the last @ is left out."""
    return re.sub(r"//.*@", "//…@", value)


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable."""

    name: str
    default: str
    meaning: str
    read: Callable[[str], Any] = _text
    expected: str = "a text"
    secret: bool = False
    shown: Callable[[str], str] = _text


SETTINGS = (
    Setting(
        "KEPT_DATA",
        "data",
        "Folder of the SQLite file, the secret key and uploads.",
        _folder,
        "a folder",
    ),
    Setting(
        "KEPT_URL",
        "",
        "The address people use, for example https://kept.example.org. Empty: whatever they typed.",
        _address,
        "an http or https address",
    ),
    Setting(
        "KEPT_HOSTS",
        "localhost,127.0.0.1,[::1]",
        "Host names kept answers to, separated by commas.",
        _list,
        "host names separated by commas",
    ),
    Setting(
        "KEPT_SECRET_KEY",
        "",
        "Signs sessions and links. Empty: made on the first start and kept in the data folder.",
        secret=True,
    ),
    Setting(
        "KEPT_LEDGER_KEY",
        "",
        "Signs where the ledger ends (Ed25519). Empty: made on the first start and kept in the data folder.",
        _seed,
        "64 hexadecimal digits",
        secret=True,
    ),
    Setting(
        "DATABASE_URL",
        "",
        "PostgreSQL, as postgres://user:password@host/name (the application's role). Empty: SQLite.",
        expected="a postgres:// or sqlite:// address",
        secret=True,
    ),
    Setting(
        "KEPT_MIGRATE_URL",
        "",
        "PostgreSQL as the owner of the tables, for migrations. Empty: DATABASE_URL.",
        expected="a postgres:// address",
        secret=True,
    ),
    Setting(
        "KEPT_SMTP_URL",
        "",
        "The mail server, as smtp://user:password@host:587 (STARTTLS), smtps://user:password@host:465 (TLS) or smtp+plain://host:25 (no encryption: on your own network only). Empty: letters are written into the folder mail inside KEPT_DATA, and shown on the page Letters.",
        _mail_server,
        "an address such as smtp://user:password@mail.example.org:587",
        shown=_without_password,
    ),
    Setting(
        "KEPT_MAIL_FROM",
        "",
        "The address letters come from, for example promises@example.org; needed with KEPT_SMTP_URL. Answers go to whoever wrote the letter.",
        _mailbox,
        "an e-mail address",
    ),
    Setting(
        "KEPT_LINK_DAYS",
        "90",
        "Days for which a client's link opens after the last letter that carried it.",
        _count,
        "a number from 1",
    ),
    Setting(
        "KEPT_REACHABLE",
        "",
        "Addresses of your own network that webhooks may go to all the same, separated by commas, such as 192.168.1.20,10.0.8.0/24. Empty: the public internet alone.",
        _networks,
        "addresses or networks separated by commas, such as 192.168.1.20,10.0.8.0/24",
    ),
    Setting(
        "KEPT_WEBHOOK_DAYS",
        "5",
        "Days of failures in a row after which a webhook is switched off, and the owners are told.",
        _count,
        "a number from 1",
    ),
    Setting(
        "KEPT_DEBUG",
        "0",
        "Shows details of errors in the browser. Never on a server others can reach.",
        _flag,
        "0 or 1",
    ),
    Setting(
        "KEPT_HTTPS",
        "0",
        "kept is reached through https: secure cookies, redirects, HSTS.",
        _flag,
        "0 or 1",
    ),
    Setting(
        "KEPT_PROXIES",
        "0",
        "How many proxies stand in front of kept and add X-Forwarded-For and -Proto.",
        int,
        "a number",
    ),
    Setting("KEPT_THREADS", "4", "Threads that serve requests.", _count, "a number from 1"),
    Setting("KEPT_LANGUAGE", "en", "Language of pages before somebody is known."),
    Setting(
        "KEPT_LOG_LEVEL",
        "INFO",
        "How much is logged: DEBUG, INFO, WARNING or ERROR.",
        _level,
        "DEBUG, INFO, WARNING or ERROR",
    ),
    Setting(
        "KEPT_FUTURES",
        "1000",
        "Futures drawn for an answer while typing; a hold draws four times as many.",
        _count,
        "a number from 1",
    ),
)

BY_NAME = {setting.name: setting for setting in SETTINGS}


def read(name: str, environ: Mapping[str, str] | None = None) -> Any:
    """Return a setting's value: the variable, else the file that NAME_FILE names, else the default.

    Raises:
        BadSetting: the value cannot be used.
    """
    setting = BY_NAME[name]
    environ = os.environ if environ is None else environ
    text = environ.get(name, "")
    file_name = environ.get(f"{name}_FILE", "")
    if not text and file_name:
        try:
            text = Path(file_name).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise BadSetting(f"{name}_FILE", file_name, "a file that can be read") from error
    text = text or setting.default
    try:
        return setting.read(text)
    except ValueError as error:
        shown = "…" if setting.secret else setting.shown(text)
        raise BadSetting(name, shown, setting.expected) from error
