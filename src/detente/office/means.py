"""The means by which a person shows who they are: made, changed, listed and taken away.

Nobody keeps a password alone: it stands together with an authenticator, or a passkey stands alone,
which is two things in one (the device, and what unlocks it).
"""

from collections import OrderedDict
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final

from detente.core import canon
from detente.core.canon import Json
from detente.core.errors import OurFault
from detente.core.keys import Entropy
from detente.core.moment import Moment, Span
from detente.office import keeping, passwords, signin, totp
from detente.office.keeping import Box, Kept
from detente.office.passwords import Check, Cost
from detente.office.ports import Shelf

RECOVERY_CHARS: Final = 16  # of base32: 80 bits
PASSKEYS_MAX: Final = 10  # of one person
CHALLENGE_LIFE: Final = Span.of(minutes=5)
CHALLENGE_BYTES: Final = 32
CHALLENGES_MAX: Final = 1_000
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789a"  # none that looks like another, and one twice


@dataclass(frozen=True, slots=True)
class Passkey:
    """One passkey: its id, public key (COSE), how often it signed, and what its owner calls it."""

    id: bytes
    public: bytes
    counter: int
    label: str
    made: Moment
    used: Moment | None
    key: str


@dataclass(frozen=True, slots=True)
class Means:
    """What a person has. skew: how far their authenticator's clock was off, in steps of 30 s."""

    password: bool
    totp: bool
    skew: int
    passkeys: tuple[Passkey, ...]
    recovery_left: int

    @property
    def enough(self) -> bool:
        """Whether they can come in: two things at least."""
        return bool(self.passkeys) or (self.password and self.totp)


class Cabinet:
    """The means of all people of an office."""

    def __init__(self, shelf: Shelf, box: Box, entropy: Entropy, codes: int, cost: Cost) -> None:
        self._shelf, self._box, self._entropy = shelf, box, entropy
        self._codes, self._cost = codes, cost
        self._challenges: OrderedDict[bytes, tuple[str, Moment]] = OrderedDict()

    def of(self, name: str, now: Moment) -> Means:
        """Return what a person has."""
        with self._shelf.begin() as tx:
            kept = keeping.get(tx, signin.totp_key(name), now)
            return Means(
                password=keeping.get(tx, signin.password_key(name), now) is not None,
                totp=kept is not None,
                skew=kept.whole("skew") if kept else 0,
                passkeys=tuple(map(_passkey, keeping.of_person(tx, name, keeping.PASSKEY))),
                recovery_left=len(keeping.of_person(tx, name, keeping.RECOVERY)),
            )

    def mark(self, name: str) -> bytes:
        """Return what changes with a person's password and passkeys: 32 bytes."""
        with self._shelf.begin() as tx:
            rows = keeping.of_person(tx, name, keeping.PASSWORD)
            keys = [each.key for each in keeping.of_person(tx, name, keeping.PASSKEY)]
        said: dict[str, Json] = {
            "password": [dict(each.data) for each in rows],
            "passkeys": [*keys],
        }
        return sha256(canon.encode(said)).digest()

    # Passwords and authenticators.

    def to_derive(self, name: str) -> Check:
        """Return how a new password of a person is derived."""
        return passwords.decoy(name, "", self._cost, self._entropy)

    def new_secret(self) -> bytes:
        """Return a secret for a new authenticator."""
        return self._entropy.draw(totp.SECRET_BYTES)

    def keep_password(self, check: Check, derived: bytes) -> None:
        """Keep a new password in place of the old."""
        with self._shelf.begin() as tx:
            data = passwords.data_of(check, derived)
            key = signin.password_key(check.name)
            keeping.put(tx, Kept(key, keeping.PASSWORD, check.name, None, data))

    @staticmethod
    def check_code(secret: bytes, code: str, now: Moment) -> int:
        """Return the step of a new authenticator's code. Raises OurFault("signin.refused")."""
        step = totp.match(secret, code, now)
        if step is None or not totp.is_near(step, now):
            raise OurFault(
                "signin.refused",
                "this is not the code of the new authenticator" + _clock(step, now),
                "take the code that it shows now; see that its clock is right",
            )
        return step

    def keep_totp(self, name: str, secret: bytes, code: str, now: Moment) -> None:
        """Keep a new authenticator that showed a right code. Raises OurFault("signin.refused")."""
        step = self.check_code(secret, code, now)
        label = signin.totp_key(name)
        sealed = canon.to_base64(self._box.seal(label, secret))
        data: dict[str, Json] = {"secret": sealed, "used": step, "skew": step - totp.step_of(now)}
        with self._shelf.begin() as tx:
            keeping.put(tx, Kept(label, keeping.TOTP, name, None, data))

    def new_recovery(self, name: str) -> tuple[str, ...]:
        """Return new recovery codes, shown this once; the older ones are void."""
        codes = tuple(self._code() for _ in range(self._codes))
        with self._shelf.begin() as tx:
            keeping.drop_all(tx, name, keeping.RECOVERY)
            for each in codes:
                key = signin.recovery_key(name, each.replace("-", ""))
                keeping.put(tx, Kept(key, keeping.RECOVERY, name, None))
        return codes

    def _code(self) -> str:
        drawn = self._entropy.draw(RECOVERY_CHARS)
        letters = "".join(_LETTERS[each % 32] for each in drawn)
        return "-".join(letters[at : at + 4] for at in range(0, RECOVERY_CHARS, 4))

    def forget(self, name: str) -> None:
        """Take away every means of a person, and end their sessions and tokens."""
        sorts = (
            keeping.PASSWORD, keeping.TOTP, keeping.PASSKEY, keeping.RECOVERY, keeping.SESSION,
            keeping.TOKEN, keeping.ADDRESS, keeping.LINK, keeping.SETUP, keeping.GRANT,
        )  # fmt: skip
        with self._shelf.begin() as tx:
            keeping.drop_all(tx, name, *sorts)

    # Passkeys. Their signatures are checked under the roof; here stands what is remembered.

    def new_challenge(self, now: Moment, name: str = "") -> bytes:
        """Return what a passkey signs next, once, within five minutes. name "": whoever has one.

        Held in memory, so that strangers who ask for many fill no disk; the oldest give way.
        """
        challenge = self._entropy.draw(CHALLENGE_BYTES)
        self._challenges[challenge] = (name, now + CHALLENGE_LIFE)
        while len(self._challenges) > CHALLENGES_MAX:
            self._challenges.popitem(last=False)
        return challenge

    def take_challenge(self, challenge: bytes, now: Moment, name: str = "") -> None:
        """Use up a challenge. Raises OurFault("signin.passkey") if it is none for this person."""
        whose, until = self._challenges.pop(challenge, ("", Moment(0)))
        if until <= now or whose != name:
            raise no_passkey("what it signed was used before, or took too long")

    def add_passkey(self, name: str, found: Passkey) -> None:
        """Keep a new passkey. Raises OurFault("signin.passkey") for too many, or one known here."""
        with self._shelf.begin() as tx:
            if len(keeping.of_person(tx, name, keeping.PASSKEY)) >= PASSKEYS_MAX:
                raise no_passkey(f"one person has at most {PASSKEYS_MAX}")
            if tx.rows(keeping.KEEP).get(passkey_key(found.id)) is not None:
                raise no_passkey("it is known here already")
            data: dict[str, Json] = {
                "id": canon.to_base64(found.id),
                "public": canon.to_base64(found.public),
                "counter": found.counter,
                "label": found.label[:64] or "passkey",
                "made": found.made.ms,
            }
            keeping.put(tx, Kept(passkey_key(found.id), keeping.PASSKEY, name, None, data))

    def find_passkey(self, credential: bytes, now: Moment) -> tuple[str, Passkey]:
        """Return whose passkey this is, and what is kept of it. Raises OurFault("signin.passkey")."""
        with self._shelf.begin() as tx:
            kept = keeping.get(tx, passkey_key(credential), now)
        if kept is None:
            raise no_passkey("it is not known here")
        return kept.person, _passkey(kept)

    def use_passkey(self, found: Passkey, counter: int, now: Moment) -> None:
        """Note that a passkey signed. Raises OurFault("signin.passkey") for one that was copied."""
        if counter <= found.counter and (counter, found.counter) != (0, 0):
            raise no_passkey("its counter went back: there may be a copy of it")
        with self._shelf.begin() as tx:
            kept = keeping.get(tx, found.key, now)
            if kept is not None:
                data = {**kept.data, "counter": counter, "used": now.ms}
                keeping.put(tx, replace(kept, data=data))

    def drop_passkey(self, name: str, key: str, now: Moment) -> None:
        """Forget a passkey of a person, if enough is left to come in by.

        Raises OurFault("signin.passkey") if nothing would be.
        """
        has = self.of(name, now)
        left = tuple(each for each in has.passkeys if each.key != key)
        if len(left) == len(has.passkeys):
            return
        if not replace(has, passkeys=left).enough:
            raise no_passkey("it is the only way in")
        with self._shelf.begin() as tx:
            keeping.drop(tx, key)


def passkey_key(credential: bytes) -> str:
    """Return the key of a passkey's row."""
    return keeping.key_of(keeping.PASSKEY, credential)


def no_passkey(why: str) -> OurFault:
    """Return the fault of a passkey that does not serve."""
    return OurFault(
        "signin.passkey", f"the passkey was not accepted: {why}", "use password and code"
    )


def _passkey(kept: Kept) -> Passkey:
    used = kept.whole("used")
    return Passkey(
        kept.raw("id"), kept.raw("public"), kept.whole("counter"), kept.text("label"),
        Moment(kept.whole("made")), Moment(used) if used else None, kept.key,
    )  # fmt: skip


def _clock(step: int | None, now: Moment) -> str:
    if step is None:
        return ""
    minutes = (step - totp.step_of(now)) * totp.STEP_MS / 60_000
    way = "ahead of" if minutes > 0 else "behind"
    return f": its clock is {abs(minutes):.1f} minutes {way} ours"
