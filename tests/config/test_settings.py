"""Settings from the environment: documented, checked at the start, safe behind https."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.test import Client, override_settings
from django.urls import reverse
from tests import cast

from kept import environment
from kept.config import secret
from kept.config import settings as made

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"
KEPT = str(Path(sys.executable).parent / "kept")


def documented() -> dict[str, tuple[str, str]]:
    """Return default and meaning of each setting in the reference, by name."""
    rows = re.findall(r"^\| `([A-Z_]+)` \| (.*?) \| (.*?) \|$", REFERENCE.read_text(), re.MULTILINE)
    return {name: (default.strip("`"), meaning) for name, default, meaning in rows}


def test_every_setting_is_documented_and_every_documented_one_exists() -> None:
    assert documented() == {
        setting.name: (setting.default or "empty", setting.meaning)
        for setting in environment.SETTINGS
    }


def run(arguments: list[str], tmp_path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environ = {
        "PATH": os.environ["PATH"],
        "KEPT_DATA": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "kept.config.settings",
        **variables,
    }
    return subprocess.run(
        [sys.executable, *arguments],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )


MAIL_SERVER = "an address such as smtp://user:password@mail.example.org:587"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("KEPT_THREADS", "many", "a number from 1"),
        ("KEPT_THREADS", "0", "a number from 1"),
        ("KEPT_HTTPS", "perhaps", "0 or 1"),
        ("KEPT_URL", "kept.example.org", "an http or https address"),
        ("KEPT_LOG_LEVEL", "LOUD", "DEBUG, INFO, WARNING or ERROR"),
        ("KEPT_LINK_DAYS", "0", "a number from 1"),
        ("KEPT_MAIL_FROM", "Northlight", "an e-mail address"),
        ("KEPT_MAIL_FROM", "promises@", "an e-mail address"),
        ("KEPT_SMTP_URL", "mail.example.org", MAIL_SERVER),
        ("KEPT_SMTP_URL", "smtp://mail.example.org:2525a", MAIL_SERVER),
        ("KEPT_SMTP_URL", "http://mail.example.org", MAIL_SERVER),
        ("KEPT_SMTP_URL", "smtp://mail.example.org/folder", MAIL_SERVER),
        ("KEPT_LEDGER_KEY", "4f", "64 hexadecimal digits"),
        ("KEPT_LEDGER_KEY", "a key", "64 hexadecimal digits"),
    ],
)
def test_a_bad_setting_is_told_with_its_name_value_and_what_was_expected(
    name: str, value: str, expected: str
) -> None:
    with pytest.raises(environment.BadSetting) as refusal:
        environment.read(name, {name: value})
    shown = "…" if environment.BY_NAME[name].secret else value
    assert str(refusal.value) == (
        f"{name}='{shown}' cannot be used: expected {expected}. kept did not start."
    )


def test_a_bad_setting_stops_the_start(tmp_path: Path) -> None:
    done = run([KEPT, "serve"], tmp_path, KEPT_FUTURES="lots")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.strip() == (
        "KEPT_FUTURES='lots' cannot be used: expected a number from 1. kept did not start."
    )


def test_a_database_address_that_is_none_is_not_shown(tmp_path: Path) -> None:
    done = run([KEPT, "serve"], tmp_path, DATABASE_URL="mysql://root:hunter2@db/kept")
    assert done.returncode == 2
    assert "DATABASE_URL='…' cannot be used: expected a postgres:// or sqlite://" in done.stderr
    assert "hunter2" not in done.stderr


def test_a_mail_server_that_is_none_is_shown_without_its_password(tmp_path: Path) -> None:
    done = run([KEPT, "serve"], tmp_path, KEPT_SMTP_URL="smtp://kept:hunter2@mail:2525a")
    assert done.returncode == 2
    assert done.stderr.strip() == (
        f"KEPT_SMTP_URL='smtp://…@mail:2525a' cannot be used: expected {MAIL_SERVER}. "
        "kept did not start."
    )


@pytest.mark.parametrize(
    ("address", "host", "port", "tls_at_once", "starttls"),
    [
        ("smtp://kept:p%40ss@mail.example.org", "mail.example.org", 587, False, True),
        ("smtps://kept:p%40ss@mail.example.org", "mail.example.org", 465, True, False),
        ("smtp+plain://kept:p%40ss@localhost:2525", "localhost", 2525, False, False),
    ],
)
def test_a_mail_server_is_said_in_one_address(
    address: str, host: str, port: int, tls_at_once: bool, starttls: bool
) -> None:
    assert environment.read("KEPT_SMTP_URL", {"KEPT_SMTP_URL": address}) == environment.MailServer(
        host, port, "kept", "p@ss", tls_at_once, starttls
    )


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        ("KEPT_MAIL_FROM", "the address letters come from, since KEPT_SMTP_URL is set"),
        ("KEPT_URL", "the address clients open, since letters carry links to it"),
    ],
)
def test_a_mail_server_needs_an_address_to_send_from_and_one_to_link_to(
    tmp_path: Path, missing: str, expected: str
) -> None:
    given = {
        "KEPT_SMTP_URL": "smtp://mail.example.org",
        "KEPT_MAIL_FROM": "promises@example.org",
        "KEPT_URL": "https://kept.example.org",
    }
    done = run([KEPT, "serve"], tmp_path, **{k: v for k, v in given.items() if k != missing})
    assert (done.returncode, done.stderr.strip()) == (
        2,
        f"{missing}='' cannot be used: expected {expected}. kept did not start.",
    )


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("from a file\n")
    assert environment.read("KEPT_SECRET_KEY", {"KEPT_SECRET_KEY_FILE": str(file)}) == "from a file"
    with pytest.raises(environment.BadSetting, match="a file that can be read"):
        environment.read("KEPT_SECRET_KEY", {"KEPT_SECRET_KEY_FILE": str(tmp_path / "none")})


def test_behind_https_nothing_is_left_to_warn_about(tmp_path: Path) -> None:
    done = run(
        ["-m", "django", "check", "--deploy", "--fail-level", "WARNING"], tmp_path, KEPT_HTTPS="1"
    )
    assert (done.returncode, done.stdout + done.stderr) == (
        0,
        "System check identified no issues (0 silenced).\n",
    )


def test_behind_https_cookies_belong_to_this_host_alone(tmp_path: Path) -> None:
    shown = ("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_SECURE")
    shown += ("CSRF_COOKIE_SECURE", "SESSION_COOKIE_PATH", "SESSION_COOKIE_DOMAIN")
    show = f"from django.conf import settings as s; print(*(getattr(s, n) for n in {shown}))"
    done = run(["-c", show], tmp_path, KEPT_HTTPS="1")
    assert done.stdout.split() == [
        "__Host-session",
        "__Host-csrf",
        "True",
        "True",
        "/",
        "None",
    ]


def test_the_secret_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    first = secret.key_in(tmp_path / "data")
    assert oct((tmp_path / "data" / "secret-key").stat().st_mode & 0o777) == "0o600"
    assert secret.key_in(tmp_path / "data") == first
    assert len(first) > 80


def test_the_key_of_the_ledger_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    first = secret.ledger_key_in(tmp_path)
    assert oct((tmp_path / "ledger-key").stat().st_mode & 0o777) == "0o600"
    assert secret.ledger_key_in(tmp_path) == first
    assert len(bytes.fromhex(first)) == 32


def test_a_key_whose_making_was_interrupted_is_not_used_empty(tmp_path: Path) -> None:
    (tmp_path / "ledger-key").touch()
    with pytest.raises(secret.KeyIsEmpty, match="ledger-key is empty"):
        secret.ledger_key_in(tmp_path)


def test_passwords_are_kept_as_argon2id() -> None:
    with override_settings(PASSWORD_HASHERS=made.PASSWORD_HASHERS):  # the tests' own are quick
        assert make_password(cast.PASSWORD).startswith("argon2$argon2id$")


def test_pages_forbid_inline_scripts_and_styles() -> None:
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    assert directives["script-src"] == ["'self'"]
    assert directives["style-src"] == ["'self'"]
    assert directives["default-src"] == ["'none'"]
    assert "unsafe" not in str(directives)


def test_the_session_is_another_one_after_logging_in(northlight: cast.House) -> None:
    browser = Client()
    before = browser.session
    before["seen"] = 1
    before.save()
    browser.cookies[settings.SESSION_COOKIE_NAME] = before.session_key
    answer = browser.post(
        reverse("account_login"),
        {"login": northlight.ada.email, "password": cast.PASSWORD},
    )
    assert answer.status_code == 302, answer.content.decode()
    after = browser.cookies[settings.SESSION_COOKIE_NAME].value
    assert after != before.session_key
    assert not before.exists(before.session_key)
