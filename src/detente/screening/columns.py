"""What a mapping names: a column, or several of which a field is made, parted by `+`."""

from collections.abc import Container, Iterable

JOINED = "+"


def named(theirs: str, columns: Container[str]) -> tuple[str, ...]:
    """Return the columns that a text names: itself if there is such a column, else its parts."""
    if theirs in columns or JOINED not in theirs:
        return (theirs,)
    return tuple(each.strip() for each in theirs.split(JOINED))


def absent(theirs: str, columns: Container[str]) -> str | None:
    """Return the first column that a text names and that is not there."""
    return next((each for each in named(theirs, columns) if each not in columns), None)


def joined(texts: Iterable[str | None]) -> str:
    """Return what the columns of a field say, as one text; those without a word are left out."""
    return " ".join(filter(None, (text.strip() for text in texts if text)))
