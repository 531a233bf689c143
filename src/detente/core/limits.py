"""Every number that a stranger can reach. Normative: spec/limits.md; each has a test at its edge."""

from typing import Final

KIB: Final = 1024

MAX_HEADER: Final = 8_192  # bytes of a canonical header
MAX_BODY: Final = 262_144  # bytes of a record's plaintext
MAX_SIGS: Final = 4
MAX_SEALS: Final = 17
MAX_TO: Final = 16  # desks addressed
MAX_CAVEATS: Final = 8
MAX_KIND: Final = 48  # characters
MAX_ENVELOPE: Final = 360 * KIB
MAX_DEPTH: Final = 8  # of canonical JSON; the outermost value is 1
MAX_INTEGER: Final = 2**53 - 1
MAX_FRAME: Final = 16 * KIB + 16  # bytes after a frame's length field
MAX_MESSAGE: Final = 384 * KIB  # reassembled
MAX_CHANS: Final = 64
MAX_ATT: Final = 64
MAX_ATT_SIZE: Final = 4 * KIB**3
CHUNK: Final = 65_536
MAX_CONNS: Final = 64  # of one link: each side's endpoints, and as many that nobody closed yet
MAX_BATCH_COUNT: Final = 256
MAX_BATCH_BYTES: Final = KIB**2
MAX_INFLIGHT_COUNT: Final = 4_096  # logged and not cosigned
MAX_INFLIGHT_BYTES: Final = 8 * KIB**2
MAX_WAITING_CHECKPOINTS: Final = 4_096
MAX_CARD: Final = 64 * KIB
MAX_CHAIN: Final = 4 * KIB**2  # bytes of a file of one party's cards
MAX_INVITE: Final = 68 * KIB
MAX_PROOF: Final = 128 * KIB
MAX_NOTE_LINES: Final = 16  # signature lines on one note
MAX_PATH: Final = 63  # hashes of an inclusion proof
MAX_TREE: Final = 2**48
MAX_ENDPOINTS: Final = 16
MAX_PINS: Final = 4
MAX_DESKS: Final = 64
MAX_SIGNERS: Final = 1_024  # of one desk
MAX_EXT_REASON: Final = 200  # characters
MAX_EXERCISE: Final = 64  # characters
MAX_EVIDENCE: Final = 512 * KIB**2  # bytes of an evidence file
MAX_EVIDENCE_RECORDS: Final = 10_000
MAX_ABOUT: Final = 200  # characters of what an evidence file says it is about
