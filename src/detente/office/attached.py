"""Who said that a file of a record is with them whole, as desks may look it up beside their own tables."""

from typing import Final

from detente.office.fields import Digest, Field, Mid, Text, When
from detente.office.tables import Table

ATTACHED: Final = Table(
    name="house_attached",
    key="who",
    columns=(
        Field("who", Text(240)),  # the record, a blank, the file, a blank, and the desk
        Field("of", Mid()),
        Field("aid", Digest()),
        Field("from", Text(96)),
        Field("at", When()),
    ),
    find_by=(("of",),),
)
