"""Times, and words of strangers, as they are printed for people. Stands on core alone."""

from detente.core.errors import OurFault
from detente.core.moment import Moment


def said(seconds: int) -> str:
    """Return a time in seconds since 1970 as people read it, whatever a clock said."""
    try:
        at = str(Moment(seconds * 1000))
    except OurFault:  # a clock may say any year
        return f"{seconds} s after 1970"
    return f"{at[:10]} {at[11:19]} UTC"


def plain(text: str) -> str:
    """Return a stranger's text as one line that steers no terminal and turns nothing round."""
    return "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in text)
