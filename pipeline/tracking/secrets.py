"""Credentials of a tracking server stay out of all that is shown or written."""

import os
import re
from urllib.parse import unquote

# What stands between :// and an @. A password may hold what should have been written %2F or %40: then all up to the last @ goes,
# unless what looks like a password is a port.
_USER_AND_PASSWORD = re.compile(r"(?<=://)(?:[^/\s:]*:(?!\d+(?:/|\s|$))\S*@|[^/\s]*@)")
_VARIABLES = ("MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN")


def hide(text: str) -> str:
    """Return ``text`` with no user and password in its addresses, and with no password or token of the environment.

    Example:
        >>> hide("no answer from https://ada:secret@example.org/mlflow")
        'no answer from https://example.org/mlflow'
    """
    text = _USER_AND_PASSWORD.sub("", text)
    for secret in sorted(_secrets(), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def _secrets() -> set[str]:
    values = {os.environ.get(name, "") for name in _VARIABLES}
    user_and_password = _USER_AND_PASSWORD.search(os.environ.get("MLFLOW_TRACKING_URI", ""))
    password = user_and_password[0][:-1].partition(":")[2] if user_and_password else ""
    return {value for value in values | {password, unquote(password)} if value}
