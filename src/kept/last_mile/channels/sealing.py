"""Addresses that carry a key of somebody's chat: kept sealed, so a copy of the rows opens none.

The seal is made from the secret key, which stands in no row. With another
`KEPT_SECRET_KEY` nothing opens any more, and addresses are typed again.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken
from django.utils.crypto import salted_hmac


class NotOpened(Exception):
    """The seal was made with another secret key, or what was sealed is erased."""


def seal(address: str) -> str:
    """Return an address as it is kept."""
    return _seal().encrypt(address.encode()).decode()


def opened(sealed: str) -> str:
    """Return the address that was sealed.

    Raises:
        NotOpened: not by this secret key.
    """
    try:
        return _seal().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise NotOpened from None


def _seal() -> Fernet:
    key = salted_hmac("kept.last_mile.channels", "address", algorithm="sha256").digest()
    return Fernet(base64.urlsafe_b64encode(key))
