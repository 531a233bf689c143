"""Files enclosed in a record: what its header and its body say of them is the same.

Apart from the fields (enclosed.py), which desks declare: those need to know no header. Normative:
spec/record.md 7.
"""

from detente.core import manifest
from detente.core.errors import TheirFault
from detente.core.record import Attachment, Header
from detente.office.enclosed import FILES
from detente.office.fields import Values


def attachments(body: Values) -> tuple[Attachment, ...]:
    """Return what the header says of the files in a body."""
    return tuple(
        Attachment(each.data("aid"), manifest.sealed_size(size), manifest.chunks_of(size))
        for each in body.parts(FILES.name)
        for size in (each.whole("size"),)
    )


def check(header: Header, body: Values) -> None:
    """Raise TheirFault("E_ATT") unless header and body name the same files, in the same order."""
    if attachments(body) != header.att:
        raise TheirFault(
            "E_ATT",
            "the attachments of the header are not the files of the body",
            "send it again as spec/record.md 7 says",
        )
