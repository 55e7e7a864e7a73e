"""What never stands in a log: the secrets that addresses carry."""

import logging
import re

#: Addresses whose next part is a secret: clients' links, invitations.
SECRETS = re.compile(r"(/(?:p|join)/)[^/\s?\"']+")


class WithoutSecrets(logging.Filter):
    """Takes the secrets out of every line before it is written."""

    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        record.msg, record.args = SECRETS.sub(r"\1…", said), None
        return True
