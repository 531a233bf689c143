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
MAX_BUNDLE: Final = 4 * KIB**2  # bytes of a bundle that goes as a file of its record
MAX_ATT_SIZE: Final = 4 * KIB**3  # bytes of the file; encrypted it is at most 1 MiB more
CHUNK: Final = 65_536
MAX_STAGED: Final = 4 * KIB**3 + KIB**2  # bytes staged for one peer: one largest attachment
MAX_OFFERS: Final = 64  # offers of one link that are not taken yet
INLINE_MAX: Final = 128 * KIB  # bytes of an envelope that needs no staging on a fast line
INLINE_UNKNOWN: Final = 32 * KIB  # on a line that nobody measured yet
INLINE_LEAST: Final = 512  # on a slow one
MAX_CONNS: Final = 64  # of one link: each side's endpoints, and as many that nobody closed yet
MAX_BATCH_COUNT: Final = 256
MAX_BATCH_BYTES: Final = KIB**2
MAX_INFLIGHT_COUNT: Final = 4_096  # logged and not cosigned
MAX_INFLIGHT_BYTES: Final = 8 * KIB**2
FLASH_RATE: Final = 60  # FLASH a minute that one link carries as FLASH
MAX_WAITING_CHECKPOINTS: Final = 4_096
MAX_ROWS_ASKED: Final = 256  # records that a disk lost, asked of a peer at once
MAX_SKEW: Final = 30_000  # ms between two clocks; shown to people above it, decides nothing
MAX_COURIER: Final = 8 * KIB**3  # bytes of a courier file
COURIER_LEAST: Final = KIB**2  # bytes below which no writer may be bound to keep a courier file
MAX_COURIER_NONCES: Final = 64  # of files sent on one link: what was held then is remembered
PQ_EVERY_MS: Final = 250  # milliseconds: so often the second leg follows, while there is traffic
PQ_EVERY_LOW_MS: Final = 60_000  # on a line below 64 kbit/s, where a signature takes seconds
PQ_EVERY_COUNT: Final = 1_024  # or after so many records
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
MAX_EPOCH_NOTE: Final = 16 * KIB
MAX_EPOCH_CLOSE: Final = 4  # logs that one epoch note closes
MAX_CONFLICT: Final = 2 * KIB**2  # bytes of a file that proves a conflict
MAX_LOG_HEADS: Final = 4_096  # signed states in the file of a whole log
MAX_ABOUT: Final = 200  # characters of what an evidence file says it is about
MAX_DIGEST_LOGS: Final = 64  # logs that a digest of a matter speaks of
MAX_DIGEST_MIDS: Final = 4_096  # records named in one digest

# The hatch over a network (link.md 9.1).
HATCH_STRANGERS: Final = 8  # connections whose key is not known yet
HATCH_HANDSHAKE: Final = 5_000  # ms, with connecting
HATCH_BEAT: Final = 3_000  # ms without a word after which the office asks for one
HATCH_LOOK: Final = 2_000  # ms that an office waits for what a page asks of its node
HATCH_ACT: Final = 5_000  # ms that it waits for the node to take a record in
HATCH_SILENCE: Final = 10_000  # ms without a byte after which the office gives the line up
HATCH_IDLE: Final = 120_000  # ms without a request after which the node does
HATCH_PENDING: Final = 33_554_432  # bytes of answers that an office has not taken yet
MAX_HATCH_FILE: Final = 131_072  # bytes of a file that one half makes for the other
MAX_HATCH_KEYS: Final = 16  # keys of offices that a node allows

# Of an office alone; no peer sees them.
MAX_TEXT_DRAFT: Final = 512 * KIB  # bytes of what one person typed into one form
MAX_TEXT_DRAFTS: Final = 200  # of one person
TEXT_DRAFT_DAYS: Final = 30
MAX_FOUND_WORDS: Final = 64 * KIB  # characters of one record that are searched
MAX_FIND_WORDS: Final = 16  # of one search
MAX_VERSIONS: Final = 4_096  # of one object in the index, in each direction counted
MAX_CLASHES: Final = 16  # contents of one version that are kept as evidence

# Advisories and messages that a desk reads; no peer sees them.
MAX_CSAF: Final = 32 * KIB**2  # bytes of an advisory in CSAF
MAX_ADVISORY: Final = 4 * KIB**2  # bytes of one that travels; its receiver checks it at one go
MAX_CSAF_DEPTH: Final = 128  # of its JSON; a branch of a product tree costs two
MAX_CSAF_VALUES: Final = 1_000_000  # of all kinds
MAX_CSAF_FORM: Final = 8_192  # characters of a text that must have a form
MAX_CSAF_FINDINGS: Final = 500  # told of one advisory
MAX_MAIL: Final = 32 * KIB**2  # bytes of a message
MAX_MAIL_LINES: Final = 600_000
MAX_MAIL_PARTS: Final = 256
MAX_MAIL_DEPTH: Final = 16  # parts within one another
MAX_MAIL_TEXT: Final = 64 * KIB  # characters of its words that are taken over

# Constituents of a desk; no peer sees them.
MAX_CONSTITUENTS: Final = 100_000  # lines of one table
MAX_CONSTITUENT_ASSETS: Final = 4_096  # networks, and as many domains, of one
MAX_CONSTITUENT_PRODUCTS: Final = 1_024  # of one constituent
MAX_TOLD_AT_ONCE: Final = 1_000  # versions of objects that one telling names

# Of the hotline.
MAX_HOTLINE_TERMS: Final = 500  # terms in one record, and in one file of a glossary
MAX_GLOSSARY: Final = 2 * KIB**2  # bytes of such a file

# Bundles that a desk reads as a stream; no peer sees them, but for how many parts a whole may have.
MAX_BUNDLE_PARTS: Final = 64  # records into which one large bundle is cut
MAX_STREAM_OBJECT: Final = 4 * KIB**2 - 64 * KIB  # bytes of one object of it
MAX_STREAM_OUTSIDE: Final = 64 * KIB  # bytes around its list of objects
MAX_STREAM_DEFINITIONS: Final = 1_000  # of markings in it
MAX_STREAM_MARKS: Final = 20_000  # ways in which type, marking and sector of its objects differ
MAX_STREAM_REFS: Final = 1_000_000  # names of objects that stand before what they name
MAX_CONFLICT_TEXT: Final = (
    192 * KIB
)  # bytes of an object of ours that was refused, kept as evidence
MAX_CONFLICTS_KEPT: Final = 16  # of one refused act

# What a desk reads of other formats.
MAX_BUNDLE_OBJECTS: Final = 2_000  # objects: of one bundle that travels, or named by a withdrawal
MAX_STIX: Final = 16 * KIB**2  # bytes: a STIX bundle that is read at one go
MAX_STIX_OBJECTS: Final = 10_000  # objects: of it
MAX_STIX_DEPTH: Final = 48  # levels: of its JSON, and of that of MISP and of lists
MAX_STIX_DIGITS: Final = 310  # digits: of a whole number in it: no double has more
MAX_PATTERN: Final = KIB**2  # characters: of a STIX pattern
MAX_PATTERN_DEPTH: Final = 64  # parentheses: within one another in it
MAX_PATTERN_COMPARED: Final = 64 * KIB  # characters: of a pattern that is taken apart into values
MAX_NOTES: Final = 100  # notes: told of one object by the standard
MAX_VALUES: Final = 256  # values: by which one object is found
MAX_VALUE: Final = 500  # characters: of such a value; the rest is cut
MAX_REFS: Final = 1_000  # names: of other objects that are followed in one
MAX_LIST: Final = 16 * KIB**2  # bytes: a table or list of indicators
MAX_LIST_LINES: Final = 100_000  # lines: of it
MAX_LIST_CELL: Final = 8_192  # characters: of one cell of it
MAX_MISP: Final = 64 * KIB**2  # bytes: a file of MISP, or a warning list
MAX_MISP_OBJECTS: Final = 10_000  # objects: that are made of it
MAX_WARNINGS: Final = 2_000_000  # entries: of a warning list
MAX_WARNING: Final = 1_000  # characters: of one of them
MAX_WARNING_REGEX: Final = 500  # characters: of an expression in it
MAX_IODEF: Final = 100  # incidents: read of one IODEF document
MAX_FEED_BUNDLES: Final = 200  # bundles: in a MISP feed
MAX_SCENARIO: Final = 64 * KIB  # bytes: the file of an exercise's scenario
MAX_INJECTS: Final = 100  # injects: in it
MAX_QUESTIONS: Final = 50  # questions: in it
MAX_EXERCISE_HOURS: Final = 72  # hours: how long an exercise lasts

# Files that are looked into.
MAX_SCAN: Final = 256 * KIB**2  # bytes: of a file that a scanner gets
SCAN_TRIES: Final = 3  # times that one that could not tell is asked
MAX_SCAN_SECONDS: Final = 120  # seconds: that it may take
MAX_SAMPLE: Final = 64 * KIB**2  # bytes: of a sample that is locked in memory

# What goes by itself, and what one act goes after.
MAX_ORDER_RATE: Final = 20  # records: of one order in a minute
MAX_BUNDLES_AFTER: Final = 30  # bundles: that one withdrawal goes after

# What is read of a foreign server in one run.
MAX_FEEDS: Final = 64
MAX_FEED_ANSWER: Final = 32 * KIB**2  # bytes: of one answer
MAX_FEED_RUN: Final = 64 * KIB**2  # bytes: of one run
MAX_FEED_PAGES: Final = 100  # pages: of one run, and of an index of events
MAX_FEED_EVENTS: Final = 200  # events of MISP: of one run
MAX_FEED_FAILS: Final = 3  # events that fail one after another: then it is the server
