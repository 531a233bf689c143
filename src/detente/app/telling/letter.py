"""A letter to a constituent (RFC 5322): what was found in words that nobody can click, and a table.

The same telling always makes the same bytes, so that a letter that is written again is no other letter.
"""

import csv
import io
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final

from detente.app import faces
from detente.desks.cert.files import TELLING
from detente.office.fields import Values, mid_text

SHOWN: Final = 50  # things that stand in the words; the table has all


def make(row: Values, sender: str) -> bytes:
    """Return the letter of a telling. row: as the desk's letters have it; sender: who writes."""
    words, language = faces.words(), row.text("language")
    name = mid_text(row.data("mid"))

    def say(key: str, **named: str) -> str:
        return words.get(f"console.telling.{key}", language, **named)

    found = list(csv.DictReader(io.StringIO(row.text("table"))))
    lines = [_line(each) for each in found[:SHOWN]]
    if len(found) > SHOWN:
        lines.append(say("more", count=str(len(found) - SHOWN)))
    text = "\n".join(
        [
            say("greeting", name=row.text("name")), "", say("intro"), "", *lines, "",
            say("marking", tlp=row.text("tlp")), say(f"may_{row.text('tlp').lower()}"), "",
            *((row.text("note"), "") if "note" in row else ()),
            say("table"), say("answer", reference=name[:20]), "",
        ]
    )  # fmt: skip
    letter = EmailMessage(policy=SMTP)
    letter["From"], letter["To"] = sender, ", ".join(row.texts("mail"))
    letter["Subject"] = say("subject", tlp=row.text("tlp"), count=str(len(found)))
    letter["Date"] = datetime.fromtimestamp(row.moment("at").ms / 1000, UTC)
    letter["Message-ID"] = f"<{name}@{sender.rpartition('@')[2].rstrip('>')}>"
    letter["Auto-Submitted"] = "auto-generated"  # RFC 3834: no robot answers
    letter.set_content(text)
    letter.add_attachment(
        row.text("table").encode(), maintype="text", subtype="csv", filename="found.csv"
    )
    letter.set_boundary(name)
    return letter.as_bytes()


def _line(one: dict[str, str]) -> str:
    values = TELLING.defang(one["value"]) or one["what"]
    title = TELLING.defang(one["name"])
    return f"- {values} ({one['tlp']}) {title}".rstrip()
