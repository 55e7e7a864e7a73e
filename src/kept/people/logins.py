"""Log-ins: an address and a password, belonging to no house."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from kept.people.models import Login
from kept.tenancy import given
from kept.tenancy.refusals import Conflict, Refused


class AddressHasLogin(Conflict):
    """Somebody logs in with that address already."""


def make(*, email: str, password: str) -> Login:
    """Make a log-in.

    Raises:
        Refused: no address, or a password that is easily guessed.
        AddressHasLogin: somebody logs in with that address already.
    """
    kept = given.address(email)
    if not kept:
        raise Refused(_("E-mail is missing."), field="email")
    taken = AddressHasLogin(
        _("%(email)s has a log-in here already. Log in with it first.") % {"email": kept},
        field="email",
    )
    if Login.objects.filter(email=kept).exists():
        raise taken
    login = Login(email=kept)
    check_password(password, login)
    login.set_password(password)
    with given.constrained(taken):
        login.save()
    return login


def check_password(password: str, login: Login) -> None:
    """Pass if a password is not easily guessed.

    Raises:
        Refused: with what is wrong about it.
    """
    if not password:
        raise Refused(_("Password is missing."), field="password")
    if len(password) > 1000 or "\0" in password:
        raise Refused(_("The password is too long to be kept."), field="password")
    try:
        validate_password(password, login)
    except ValidationError as error:
        raise Refused(" ".join(error.messages), field="password") from None
