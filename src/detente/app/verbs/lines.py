"""What verbs print of records and drafts, line by line."""

from collections.abc import Mapping
from typing import Any

from detente.app.face import say
from detente.app.printed import plain


def record_line(row: Mapping[str, Any]) -> str:
    """Return a record as one line."""
    place = f" {row['place']}" if row["place"] is not None else ""
    return say(
        "record.line", id=row["id"], kind=row["kind"], level=say(f"level.{row['level']}"),
        place=place, sender=row["from"], to=", ".join(row["to"]),
    )  # fmt: skip


def mark_lines(row: Mapping[str, Any]) -> list[str]:
    """Return a line for each mark of a record; it stands under the record wherever one is shown."""
    return [
        "  " + say(f"mark.{one['mark']}", why=plain(one["why"])).rstrip(" :")
        for one in row["marks"]
    ]


def draft_line(row: Mapping[str, Any]) -> str:
    """Return a record that has not left, as one line."""
    return say(
        f"draft.{row['state']}", id=row["id"], kind=row["kind"], prec=row["prec"],
        to=", ".join(row["to"]), person=row["person"], until=row["until"] or "",
    )  # fmt: skip


def draft_todo(row: Mapping[str, Any]) -> str:
    """Return what to do about a record that has not left."""
    return f"{say('fault.try')}  {say('draft.todo_' + row['state'], id=row['id'])}"
