"""Samples of malware as MISP sends them: an archive that needs the customary password, in base64.

It stays as it is in what the object keeps, travels sealed with it, is drawn on no page and unpacked
nowhere. What is no such archive could be opened by a slip, and is left out. Source: MISP core format,
2.4.2.17 (data); PKWARE APPNOTE 6.3.10, 4.4.4.
"""

from base64 import b64decode
from io import BytesIO
from typing import Final
from zipfile import BadZipFile, ZipFile

from detente.desks.cert.formats import members
from detente.desks.cert.formats.members import Object

TYPE: Final = "malware-sample"
LEFT: Final = "its data is no locked archive and was left out: lock it with the password `infected`"
_ENCRYPTED: Final = 0x1


def without_open(item: Object) -> tuple[Object, bool]:
    """Return an item without data of samples that are not locked, and whether there were any.

    item: an attribute, or an object with its attributes.
    """
    bare, left = _attribute(item)
    inner = [_attribute(one) for one in members.objects(item, "Attribute")]
    if any(was for _, was in inner):
        return {**bare, "Attribute": [one for one, _ in inner]}, True
    return bare, left


def is_locked(data: str) -> bool:
    """Return whether data is an archive of which every file needs a password."""
    try:
        with ZipFile(BytesIO(b64decode(data, validate=True))) as found:
            files = found.infolist()
    except (BadZipFile, ValueError, RuntimeError, OSError, OverflowError):
        return False
    return bool(files) and all(one.flag_bits & _ENCRYPTED for one in files)


def _attribute(item: Object) -> tuple[Object, bool]:
    if item.get("type") != TYPE or not item.get("data"):
        return item, False
    if is_locked(members.text(item, "data")):
        return item, False
    return {name: value for name, value in item.items() if name != "data"}, True
