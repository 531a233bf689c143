"""Which try is next of a feed of MISP: to compare if somebody asked for it, to read, or to hand in."""

from detente.app.feeds.job import Job, Try
from detente.app.feeds.misp import held
from detente.app.feeds.misp.compare import Compare
from detente.app.feeds.misp.hand_in import HandIn
from detente.app.feeds.misp.take_in import TakeIn
from detente.app.feeds.misp.wire import MispWire
from detente.core.moment import Moment
from detente.office.office import Office

BATCH = 200  # rows of a collection that are handed in at once


def job(one: Try, office: Office, wire: MispWire, now: Moment) -> Job | None:
    """Return what a try does, None if there is nothing to hand in. Raises OurFault: office.*, http.*."""
    feed, book = one.feed, office.counterparts
    asked = book.comparison(feed.name)
    if asked.asked:
        return Compare(one, wire, asked)
    if feed.way == "pull":
        office.offered.collection(one.person, feed.into)
        return TakeIn(one, wire, book.events(feed.url))
    room = office.offered
    collection = room.collection(one.person, feed.into)
    with office.trail.request(one.person, "feed/push", now):
        page, objects = held.news(room, one.person, collection, one.state.upto, BATCH)
        if page.upto == one.state.upto:
            return None
        made = HandIn(one, wire, page)
        made.prepare(office, collection, objects)
        return made
