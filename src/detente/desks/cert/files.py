"""What of the desk works on files alone: no party, no record, no key."""

from typing import Final

from detente.desks.cert.formats import ids
from detente.desks.cert.formats.csaf import openpgp, publish
from detente.desks.cert.formats.csaf.check import examine
from detente.desks.cert.formats.defang import defang
from detente.desks.cert.formats.mail import read_mail
from detente.desks.cert.formats.misp import differing, feed, syncing


class MAIL:
    """What of a message works on a file alone."""

    read = staticmethod(read_mail)


class TELLING:
    """What letters to constituents need of the desk."""

    defang = staticmethod(defang)


class MISP:
    """What of events works on values alone: the roof asks a server, and hands in at it."""

    compare = staticmethod(differing.compare)
    files_of = staticmethod(feed.files_of)
    uuid = staticmethod(ids.uuid)
    read = staticmethod(syncing.read)
    sightings = staticmethod(syncing.sightings)
    fit = staticmethod(syncing.fit)
    is_shared = staticmethod(syncing.is_shared)
    outgoing = staticmethod(syncing.outgoing)
    spread = staticmethod(syncing.spread)
    event_of = staticmethod(syncing.event_of)
    refs_of = staticmethod(syncing.refs_of)


class CSAF:
    """What of advisories works on files alone: the roof reads, signs and writes them."""

    metadata: Final = publish.METADATA
    key_folder: Final = publish.KEY_FOLDER
    examine = staticmethod(examine)
    provider = staticmethod(publish.Provider)
    is_advisory = staticmethod(publish.is_advisory)
    publish = staticmethod(publish.publish)
    fingerprint = staticmethod(openpgp.fingerprint)
    check_signature = staticmethod(openpgp.check_signature)
