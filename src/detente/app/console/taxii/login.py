"""Who asks: an API token, as a bearer's or as the password of its person (RFC 6750, RFC 7617).

A token is a hundred random bits and more, kept as a plain hash: checking it costs no more than
finding it, so that nothing is kept in memory, and one that was revoked ends at once.
"""

import base64
import binascii
from typing import Final

BEARER: Final = "bearer "
BASIC: Final = "basic "
HEADER_MAX: Final = 2_048  # characters


def token_of(header: str) -> tuple[str, str]:
    """Return the token that an Authorization header shows, and the name beside it, "" for none."""
    scheme = header.partition(" ")[0].lower() + " "
    told = header[len(scheme) :].strip()
    if len(header) > HEADER_MAX or scheme not in (BEARER, BASIC):
        return "", ""
    if scheme == BEARER:
        return told, ""
    try:
        name, colon, token = base64.b64decode(told, validate=True).decode().partition(":")
    except (ValueError, binascii.Error):
        return "", ""
    return (token, name) if colon and name else ("", "")
