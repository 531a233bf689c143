"""A fault as a TAXII error message. Source: TAXII 2.1, 3.6.1."""

import json
from typing import Final

from detente.app.console.ask import Answer
from detente.app.console.taxii.media import TAXII
from detente.app.problems import headers_of, status_of
from detente.core.errors import Fault

ROOT: Final = "taxii2"
CHALLENGE: Final = 'Basic realm="detente", charset="UTF-8", Bearer realm="detente"'


def answer(fault: Fault) -> Answer:
    """Return a fault as an error message; who is not known is told how to say who they are."""
    status = status_of(fault.code)
    data = json.dumps(
        {
            "title": fault.what,
            "description": fault.remedy,
            "error_code": fault.code,
            "http_status": str(status),
        }
    ).encode()
    headers = dict(headers_of(fault))
    if status == 401:  # noqa: PLR2004  RFC 9110, 15.5.2
        headers["WWW-Authenticate"] = CHALLENGE
    return Answer(status, data, TAXII, headers)
