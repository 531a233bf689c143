"""Passwords: what may be one, and what is kept of it. The slow step itself is done elsewhere.

No rule of letters and digits: length, and a look at what everybody uses (NIST SP 800-63B 3.1.1.2).
"""

import hmac
import unicodedata
from dataclasses import dataclass, field
from typing import Final

from detente.core import canon
from detente.core.canon import Json
from detente.core.errors import OurFault
from detente.core.keys import Entropy
from detente.office.keeping import Kept

LENGTH_MAX: Final = 256  # characters
SALT_BYTES: Final = 16
ROW_MIN: Final = 4  # neighbours on a keyboard or in the alphabet that count as a row
DISTINCT_MIN: Final = 6  # different characters; fewer is one word typed again and again
_RUNS: Final = (
    "abcdefghijklmnopqrstuvwxyz", "0123456789012345678901234567890", "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm", "azertyuiopqsdfghjklmwxcvbn", "1qaz2wsx3edc4rfv5tgb6yhn7ujm", "1q2w3e4r5t6y7u8i9o0p",
    "йцукенгшщзхъфывапролджэячсмитьбю", "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
)  # fmt: skip
# What stands in collections of stolen passwords and is long enough to be tried.
_KNOWN: Final = frozenset(
    {
        "password", "passwordpassword", "administrator", "welcome", "letmein", "iloveyou",
        "changeme", "correcthorsebatterystaple", "thequickbrownfox", "trustno1", "sunshine",
        "princess", "football", "superman", "qwertyuiop", "starwars", "whateverwhatever",
        "maytheforcebewithyou", "tobeornottobe", "opensesame", "onceuponatime", "iloveyouforever",
        "пароль", "парольпароль", "администратор", "ялюблютебя", "самыйсложныйпароль",
        "thisismypassword", "thisisapassword", "mypasswordispassword", "nevergonnagiveyouup",
        "passwordistaken", "detente", "operator", "secret", "dragon", "monkey", "master", "shadow",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cost:
    """What one guess costs: RFC 9106's second choice, 64 MiB, three passes, four lanes."""

    memory_kib: int = 65_536
    passes: int = 3
    lanes: int = 4


@dataclass(frozen=True, slots=True)
class Check:
    """A password to be derived and compared. expected None: there is none, and nobody shall see."""

    name: str
    address: str
    salt: bytes
    cost: Cost
    expected: bytes | None = field(repr=False)

    def fits(self, derived: bytes) -> bool:
        """Say whether the derived bytes are those that are kept."""
        right = hmac.compare_digest(derived, self.expected or bytes(len(derived)))
        return right and self.expected is not None


def normal(text: str) -> bytes:
    """Return a password as bytes, the same from every keyboard."""
    return unicodedata.normalize("NFKC", text).encode("utf-8", "surrogatepass")


def check_new(text: str, least: int, *about: str) -> None:
    """Raise OurFault("people.password") for a password that cannot be a new one.

    about: words that everybody knows of this person: the name, the party.
    """
    plain = unicodedata.normalize("NFKC", text)
    if len(plain) < least:
        raise OurFault(
            "people.password",
            f"this password cannot be used: {len(plain)} characters where {least} are needed",
            "take a sentence of your own; blanks are allowed",
        )
    if len(plain) > LENGTH_MAX:
        raise OurFault(
            "people.password",
            f"this password cannot be used: more than {LENGTH_MAX} characters",
            "shorten it",
        )
    if _is_known(plain, about):
        raise OurFault(
            "people.password",
            "this password cannot be used: it is among those that are tried first",
            "take words that do not belong together",
        )


def _is_known(plain: str, about: tuple[str, ...]) -> bool:
    letters = "".join(each for each in plain.lower() if each.isalnum())
    words = {"".join(c for c in each.lower() if c.isalnum()) for each in about} - {""}
    if len(set(letters)) < DISTINCT_MIN:
        return True
    bare = letters.strip("0123456789")
    if _joined(letters, words):
        return True
    if bare in _KNOWN | words or _unit(letters) in _KNOWN | words or _unit(bare) in _KNOWN | words:
        return True
    return any(letters in run or letters[::-1] in run or _unit(letters) in run for run in _RUNS)


def _joined(letters: str, words: set[str]) -> bool:
    """Say whether known words, rows of keys and digits, and nothing else, make it up."""
    reached = {0}
    for end in range(1, len(letters) + 1):
        for begin in sorted(reached):
            part = letters[begin:end]
            in_row = len(part) >= ROW_MIN and any(part in run or part[::-1] in run for run in _RUNS)
            if in_row or part.isdigit() or part in _KNOWN or part in words:
                reached.add(end)
                break
    return len(letters) in reached


def _unit(text: str) -> str:
    """Return what a text repeats, the text itself if nothing."""
    at = (text + text).find(text, 1)
    return text[:at] if text else text


def decoy(name: str, address: str, cost: Cost, entropy: Entropy) -> Check:
    """Return a check that fails after the same work, for a name that has no password."""
    return Check(name, address, entropy.draw(SALT_BYTES), cost, None)


def check_of(kept: Kept, address: str) -> Check:
    """Return the check of a kept password."""
    cost = Cost(kept.whole("memory_kib"), kept.whole("passes"), kept.whole("lanes"))
    return Check(kept.person, address, kept.raw("salt"), cost, kept.raw("hash"))


def data_of(check: Check, derived: bytes) -> dict[str, Json]:
    """Return what is kept of a new password."""
    return {
        "salt": canon.to_base64(check.salt),
        "hash": canon.to_base64(derived),
        "memory_kib": check.cost.memory_kib,
        "passes": check.cost.passes,
        "lanes": check.cost.lanes,
    }
