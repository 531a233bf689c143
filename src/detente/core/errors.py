"""Faults: failures with a code for machines, words for people and a remedy for whoever must act.

Every code stands in spec/faults.md with its class and remedy; a house test holds both equal.
"""

from typing import Final, Literal

FaultClass = Literal["R", "C", "H"]

# Codes of the wire: number and class (spec/faults.md 1). R: the record is refused, the log goes
# on. C: this path closes and is dialled again. H: the link halts and both sides keep evidence.
WIRE: Final[dict[str, tuple[int, FaultClass]]] = {
    "E_FRAME": (100, "C"),
    "E_LIMIT": (101, "C"),
    "E_VERSION": (102, "C"),
    "E_HELLO": (103, "C"),
    "E_PIN": (104, "C"),
    "E_TIMEOUT": (105, "C"),
    "E_BUSY": (106, "C"),
    "E_DISK": (107, "C"),
    "E_STAGE": (108, "C"),
    "E_SEQ_GAP": (109, "C"),
    "E_CANON": (200, "R"),
    "E_HEADER": (201, "R"),
    "E_EXT": (202, "R"),
    "E_SIG": (203, "R"),
    "E_RELEASE": (204, "R"),
    "E_DESK": (205, "R"),
    "E_MARKING": (206, "R"),
    "E_COMMIT": (207, "R"),
    "E_DUP": (208, "R"),
    "E_ATT": (209, "R"),
    "E_SIZE": (210, "R"),
    "E_KEY_REVOKED": (211, "R"),
    "E_EQUIVOCATION": (212, "R"),
    "E_RATE": (213, "R"),
    "E_ROOT": (300, "H"),
    "E_CP_SIG": (301, "H"),
    "E_FORK": (302, "H"),
    "E_SEQ_CONFLICT": (303, "H"),
    "E_COSIGN": (304, "H"),
    "E_CARD_FORK": (305, "H"),
}

# Codes of our own side, area.name. Somebody here can mend what they say.
OURS: Final[frozenset[str]] = frozenset(
    {
        "api.broken",
        "card.bad",
        "card.size",
        "cert.bundle_size",
        "cert.marking",
        "cert.no_object",
        "cert.not_author",
        "cert.not_ours",
        "cert.objects",
        "cert.ours",
        "cert.unknown_record",
        "config.bad",
        "config.missing",
        "config.unknown",
        "demo.failed",
        "file.shape",
        "file.unreadable",
        "file.unwritable",
        "form.choice",
        "form.count",
        "form.desk",
        "form.digits",
        "form.file",
        "form.json",
        "form.length",
        "form.mid",
        "form.missing",
        "form.number",
        "form.parts",
        "form.party",
        "form.size",
        "form.text",
        "form.time",
        "form.unknown",
        "form.usage",
        "hatch.closed",
        "http.no_page",
        "init.exists",
        "link.none",
        "node.restored",
        "office.forbidden",
        "office.no_act",
        "office.no_desk",
        "office.no_key",
        "office.no_matter",
        "office.no_party",
        "office.no_record",
        "office.not_logged",
        "office.unknown_user",
        "office.unreadable",
        "party.changed",
        "party.digits",
        "party.no_card",
        "party.not_for_us",
        "party.self",
        "party.unknown",
        "path.address_bad",
        "path.closed",
        "path.files",
        "path.permission",
        "path.port_in_use",
        "path.unusable",
        "proof.cards",
        "proof.invalid",
        "proof.not_yet",
        "proof.shape",
        "proof.unknown",
        "run.already",
        "run.defect",
        "run.died",
        "run.locked",
        "run.not_running",
        "stix.count",
        "stix.depth",
        "stix.json",
        "stix.number",
        "stix.shape",
        "stix.size",
        "store.busy",
        "store.damaged",
        "store.failed",
        "store.full",
        "store.newer",
        "store.shape",
        "store.stopped",
        "store.unreadable",
        "time.range",
        "vault.damaged",
        "vault.exists",
        "vault.missing",
        "vault.newer",
        "vault.no_key",
        "vault.passphrase",
        "vault.permissions",
        "vault.unreadable",
        "vault.unwritable",
    }
)

CODES: Final[frozenset[str]] = OURS | WIRE.keys()


class Fault(Exception):
    """Never raised itself: a fault is somebody's."""

    def __init__(self, code: str, what: str, remedy: str) -> None:
        assert type(self) is not Fault, "say whose fault it is"
        assert code in CODES, f"every code stands in spec/faults.md: {code}"
        super().__init__(f"{code}: {what}; {remedy}")
        self.code, self.what, self.remedy = code, what, remedy


class OurFault(Fault):
    """Someone on this side can mend it. Nothing was written. Codes are area.name."""


class TheirFault(Fault):
    """The peer, or a file from a stranger, broke spec/. Codes are E_NAME."""

    @property
    def wire_class(self) -> FaultClass:
        """R, C or H: what the fault does to the log, the path or the link."""
        return WIRE[self.code][1]

    @property
    def number(self) -> int:
        """The code as it travels in an ERROR frame."""
        return WIRE[self.code][0]
