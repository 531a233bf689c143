"""Limits of the console. The table in docs/operate/console.md says the same; a test holds them equal."""

from typing import Final

CONNECTIONS_MAX: Final = 512  # open at once, event streams included
ADDRESS_CONNECTIONS_MAX: Final = 128  # of them from one address that is not of this machine
ADDRESS_RATE: Final = 50  # requests a second from such an address, for long
ADDRESS_BURST: Final = 300  # requests at once from it, after a rest
ADDRESSES_MAX: Final = 10_000  # addresses whose requests are counted
STREAMS_MAX: Final = 256  # event streams open at once
STREAMS_PERSON_MAX: Final = 16  # of them by one session
HEAD_MAX: Final = 16_384  # bytes of a request's line and headers
HEADERS_MAX: Final = 64  # headers of a request
PATH_MAX: Final = 2_048  # bytes of path and query
QUERY_MAX: Final = 12_288  # of those that programs ask for collections by
BODY_MAX: Final = 1_048_576  # bytes of a request without files
API_BODY_MAX: Final = 8_388_608  # bytes of a request to the API
UPLOAD_MAX: Final = 33_554_432  # bytes of a request with files
BODIES_MAX: Final = 134_217_728  # bytes of all requests that are being read
SMALL_MAX: Final = 65_536  # bytes of a body that is read before it is known who sends it
FIELDS_MAX: Final = 256  # fields of a form or a query
FILES_MAX: Final = 16  # files of a form
FIELD_MAX: Final = 262_144  # bytes of one field of a form with files
COOKIES_MAX: Final = 16  # cookies that are looked at
HEAD_SECONDS: Final = 10  # from the first byte of a request to the end of its headers
BODY_SECONDS: Final = 60  # from there to the end of its body
IDLE_SECONDS: Final = 20  # of a connection between requests
HANDSHAKE_SECONDS: Final = 10  # of a TLS handshake
STALL_SECONDS: Final = 10  # that a reader may take none of an event before its stream is cut
GONE_SECONDS: Final = 30  # that sent bytes may stay unanswered before a line counts as gone
STOP_SECONDS: Final = 2  # that running requests have to end when the office stops
SENT_MAX: Final = 4_096  # answers to forms that are remembered, so that a second sending acts once
SENT_SESSION_MAX: Final = 64  # of them of one session
BEAT_SECONDS: Final = 1  # between two signs of life on an event stream
SLOW_THREADS: Final = 2  # passwords hashed at once: 64 MiB each
SLOW_MAX: Final = 32  # that are hashed or wait for it
ASK_THREADS: Final = 4  # pages that wait for the node's answer at once
ASK_MAX: Final = 64  # that wait for it, or for a thread
ASK_SECONDS: Final = 3  # that a page waits for it
