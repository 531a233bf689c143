"""Settings: read once, typed, no secret among them. Source: docs/settings.md.

Order: defaults, `detente.toml`, environment (DETENTE_SECTION_KEY), option.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from detente.core.errors import OurFault

FILE_NAME: Final = "detente.toml"
Value = str | bool | list[str]


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its default, and what it is for in one line."""

    default: Value
    about: str


SETTINGS: Final[Mapping[str, Mapping[str, Setting]]] = {
    "party": {
        "name": Setting("", "the party's name, as on its card; written by init"),
        "languages": Setting(["en"], "languages for people here; the first is the default"),
    },
    "link": {
        "listen": Setting([], "where peers reach us: tcp://ADDRESS:PORT"),
        "rates": Setting([], "lines that are slow: PARTY/PATH = BITS_PER_SECOND"),
        "classic_ok": Setting(
            [], "parties with whom a key exchange without post-quantum part was agreed"
        ),
        "courier": Setting([], "parties agreed to be reached by courier files; not dialled"),
    },
    "node": {
        "office_user": Setting(
            "", "system user of the office, if it is another than the node's; else one runs both"
        ),
        "epoch_after_start": Setting(
            default=False,
            about="open a new epoch on every link at each start: for machines whose snapshots roll"
            " back disk and incarnation together",
        ),
        "journal": Setting(
            "node/journal",
            "file with the newest receipts, outside every backup; better on another disk",
        ),
        "hatch_listen": Setting(
            "", "where offices on other machines reach the node: tcp://ADDRESS:PORT; empty: nowhere"
        ),
        "check_at_submit": Setting(
            default=False, about="check every signature of our own office again at the node"
        ),
    },
    "office": {
        "node": Setting(
            "", "where the node is, if on another machine: tcp://ADDRESS:PORT, its hatch_listen"
        ),
        "unattended": Setting(
            ["all"],
            "desks that the office may open by itself; all: every desk. For others: detente desk entrust",
        ),
        "scan_command": Setting(
            [], "command that gets each file that came on its input; exit code 0 clean, 1 found"
        ),
        "unreleased": Setting(
            default=False,
            about="let one person send FLASH and hotline records alone, giving a reason",
        ),
    },
    "release": {
        "second_person": Setting(
            ["freeze", "designation", "joint_text"],
            "kinds, or their first words, that two people of ours sign; FLASH and some kinds always",
        ),
        "hold_back": Setting(
            "",
            "how long a ROUTINE or PRIORITY record may be taken back: 10s; empty: it goes at once",
        ),
    },
    "console": {
        "listen": Setting("", "where browsers reach us: tcp://ADDRESS:PORT; empty: nowhere"),
        "name": Setting("localhost", "the name that people type; passkeys are bound to it"),
        "tls": Setting("auto", "auto: own TLS; off or proxy: plain, on loopback alone"),
        "certificate": Setting("", "PEM file of a certificate with its chain; empty: our own"),
        "key": Setting("", "PEM file of its key, without a passphrase"),
        "metrics": Setting(
            "", "where Prometheus may ask the office: tcp://127.0.0.1:PORT; empty: nowhere"
        ),
    },
    "feeds": {
        "file": Setting("", "file of the feeds that we read and hand in at; empty: none"),
    },
    "cert": {
        "mail_command": Setting([], "command that takes a letter to a constituent on its input"),
        "mail_folder": Setting("", "folder for such letters, where no command is named"),
        "mail_from": Setting("", "the mail address that letters to constituents come from"),
        "teller": Setting("", "person in whose name it is noted whether a letter left"),
    },
    "screening": {
        "redress": Setting(
            "", "how a hit can be contested; stands under every hit; empty: our words"
        ),
    },
    "people": {
        "idle_lock": Setting("15m", "pause after which a session hides bodies; alarms stay"),
        "sign_out": Setting("12h", "time after which a session ends, whatever is done in it"),
        "password_min": Setting("15", "characters that a new password has at least"),
        "stolen": Setting("", "file of hashes of stolen passwords that cannot be new ones"),
        "wrong_per_minute": Setting("10", "wrong attempts a minute from one address"),
        "recovery_codes": Setting("10", "recovery codes that a person gets, each good once"),
    },
    "alarms": {
        "escalate": Setting(
            ["60s command", "120s supervisor", "180s unattended"],
            "what follows, and when, while nobody says to have seen a FLASH",
        ),
        "command": Setting([], "command and its words that rings a siren or pager; none: none"),
        "webhook": Setting("", "https address that is told that a FLASH waits; empty: none"),
        "webhook_secret_file": Setting(
            "", "file with what it is shown as a bearer; empty: nothing"
        ),
        "webhook_trust": Setting("", "file of certificates it is checked by; empty: the system's"),
    },
    "audit": {
        "heads_to": Setting(
            ["all"], "peers that get the head of our home log once a day; all: every peer"
        ),
    },
    "watch": {
        "show_attendance": Setting(
            ["hotline", "crisis"], "desks of which peers are told whether somebody is there"
        ),
    },
    "vault": {
        "node_passphrase_file": Setting("", "file with the node's passphrase; else asked at start"),
        "office_passphrase_file": Setting(
            "", "file with the office's passphrase; else asked at start"
        ),
    },
    "backup": {
        "remind": Setting(
            "7d", "days without a backup after which the doctor says so; empty: never"
        ),
    },
    "retention": {
        "stored_pq": Setting(
            default=False, about="texts go only once their receipt has its post-quantum lines"
        ),
        "keys": Setting(
            "", "days after which keys that no card names go by themselves: 30d; empty: never"
        ),
        "rules": Setting([], "texts that go by themselves: DESK=DAYS or KIND=DAYS; none: none go"),
    },
    "metrics": {
        "listen": Setting("", "where Prometheus may ask: tcp://127.0.0.1:PORT; empty: nowhere"),
    },
    "log": {
        "level": Setting("info", "least level written to standard error: debug, info, warn, error"),
    },
}


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of one party, and where its folder is. `sources` says where each came from."""

    folder: Path
    values: Mapping[str, Value]
    sources: Mapping[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return a text setting by `section.key`."""
        found = self.values[name]
        assert isinstance(found, str)
        return found

    def texts(self, name: str) -> list[str]:
        """Return a list setting."""
        found = self.values[name]
        assert isinstance(found, list)
        return found

    def flag(self, name: str) -> bool:
        """Return a yes-or-no setting."""
        found = self.values[name]
        assert isinstance(found, bool)
        return found

    def path(self, name: str) -> str:
        """Return a file setting, relative to the folder; "" if it is not set."""
        found = self.text(name)
        return str(self.folder / found) if found else ""


def locate(given: str | None) -> Path:
    """Return the settings file: the option, else DETENTE_CONFIG, else ./detente.toml.

    A folder stands for the file in it. Raises OurFault: config.missing, path.permission.
    """
    file = Path(given or os.environ.get("DETENTE_CONFIG") or FILE_NAME)
    try:
        if file.is_dir():
            file = file / FILE_NAME
        there = file.exists()
    except PermissionError:
        raise OurFault(
            "path.permission",
            f"this system user may not enter {file}",
            "run as a system user of the party; deploy/README.md says who does what",
        ) from None
    if not there:
        raise OurFault(
            "config.missing",
            f"no settings at {file}",
            "give --at FOLDER, or make a party: detente init NAME",
        )
    return file


def load(given: str | None) -> Config:
    """Read the settings. Raises OurFault: config.*, path.permission."""
    file = locate(given)
    try:
        told = tomllib.loads(file.read_text())
    except (OSError, UnicodeDecodeError, RecursionError, tomllib.TOMLDecodeError) as error:
        raise OurFault(
            "config.bad", f"{file}: {error}", "mend the file as docs/settings.md says"
        ) from None
    values: dict[str, Value] = {}
    sources: dict[str, str] = {}
    for section, members in told.items():
        known = SETTINGS.get(section)
        if known is None or not isinstance(members, dict):
            raise _unknown(section, list(SETTINGS), file)
        for key, value in members.items():
            if key not in known:
                raise _unknown(f"{section}.{key}", [f"{section}.{each}" for each in known], file)
            values[f"{section}.{key}"] = _typed(f"{section}.{key}", value, known[key].default, file)
            sources[f"{section}.{key}"] = str(file)
    for section, members in SETTINGS.items():
        for key, setting in members.items():
            name, variable = f"{section}.{key}", f"DETENTE_{section}_{key}".upper()
            values.setdefault(name, setting.default)
            sources.setdefault(name, "default")
            if variable in os.environ:
                values[name] = _from_text(name, os.environ[variable], setting.default)
                sources[name] = variable
    if not values["party.name"]:
        raise OurFault("config.bad", f"{file}: party.name is missing", "write the party's name")
    if values["log.level"] not in ("debug", "info", "warn", "error"):
        raise OurFault(
            "config.bad", f"log.level is {values['log.level']!r}", "use debug, info, warn or error"
        )
    return Config(file.resolve().parent, values, sources)


def _unknown(name: str, known: list[str], file: Path) -> OurFault:
    import difflib  # noqa: PLC0415  each command reads settings, few are unknown

    near = difflib.get_close_matches(name, known, 1, 0.0)
    return OurFault("config.unknown", f"{file}: no setting {name}", f"did you mean {near[0]}?")


def _typed(name: str, value: object, default: Value, file: Path) -> Value:
    if isinstance(default, list):
        if isinstance(value, list) and all(isinstance(each, str) for each in value):
            return list(value)
    elif isinstance(value, (str, bool)) and type(value) is type(default):
        return value
    kinds = {bool: "true or false", str: "a text", list: "a list of texts"}
    raise OurFault("config.bad", f"{file}: {name} is {value!r}", f"write {kinds[type(default)]}")


def _from_text(name: str, text: str, default: Value) -> Value:
    if isinstance(default, list):
        return [each for each in text.split(",") if each]
    if isinstance(default, bool):
        if text not in ("true", "false"):
            raise OurFault(
                "config.bad", f"{name} is {text!r} in the environment", "write true or false"
            )
        return text == "true"
    return text
