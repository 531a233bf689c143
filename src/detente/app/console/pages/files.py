"""Files of records: saved as they are; a sample of malware behind a warning, and locked."""

from secrets import token_bytes
from typing import Final

from detente.app.console import framing
from detente.app.console.ask import Answer, Ask, download, go, page
from detente.app.console.asked import mid_of
from detente.app.console.routes import Route
from detente.app.console.site import Site
from detente.app.sample_zip import PASSWORD, SALT_SIZE, SIZE_MAX, pack_sample
from detente.core import limits
from detente.core.errors import OurFault
from detente.office import samples
from detente.office.desk import Role
from detente.office.people import permit
from detente.office.standing import FileState

ZIP: Final = ".zip"


def file(site: Site, ask: Ask) -> Answer:
    """Save a file of a record; of a sample, say what it is first."""
    mid, wanted = mid_of(ask), _state(site, ask)
    if not wanted.sample:
        return download(_whole(site, ask, wanted, sample=False), wanted.name)
    row, _ = site.office.records.find(mid)
    values = {
        "frame": framing.frame(site, ask, "attention", row.text("tlp")),
        "back": f"/matter/{row.text('matter')}#{mid.hex()}",
        "path": f"/record/{mid.hex()}/file/{wanted.number}",
        "name": wanted.name,
        "inside": samples.real_name(wanted.name),
        "bytes_count": wanted.size,
        "who": "" if wanted.sample in (samples.SENDER, samples.SCANNER) else wanted.sample,
        "by_scanner": wanted.sample == samples.SCANNER,
        "scan": wanted.scan,
        "said": wanted.said,
        "password": PASSWORD.decode(),
        "too_large": wanted.size > SIZE_MAX,
    }
    return page(site.renderer.render("pages/sample.html", ask.language, values))


def locked(site: Site, ask: Ask) -> Answer:
    """Save a sample as an archive that needs the customary password."""
    wanted = _state(site, ask)
    if wanted.size > SIZE_MAX:
        what = f"a sample of {wanted.size} bytes where {SIZE_MAX} are allowed"
        raise OurFault("form.size", what, "fetch it by the API, in a place made for it")
    name = samples.real_name(wanted.name)
    data = _whole(site, ask, wanted, sample=True)
    return download(pack_sample(name, data, token_bytes(SALT_SIZE)), f"{wanted.name}{ZIP}")


def call(site: Site, ask: Ask) -> Answer:
    """Call a file that came a sample."""
    mid, wanted = mid_of(ask), _state(site, ask)
    site.office.records.call_sample(ask.person, mid, wanted.number, site.now())
    row, _ = site.office.records.find(mid)
    return go(f"/matter/{row.text('matter')}#{mid.hex()}")


def _state(site: Site, ask: Ask) -> FileState:
    mid = mid_of(ask)
    row, _ = site.office.records.find(mid)
    permit(ask.person, row.text("desk"), Role.READ)
    number = int(ask.parts["number"]) if ask.parts["number"].isdecimal() else -1
    states = {each.number: each for each in site.office.records.file_states(mid)}
    if number not in states:
        raise OurFault("stage.name", "the record has no such file", "go back to the matter")
    return states[number]


def _whole(site: Site, ask: Ask, wanted: FileState, *, sample: bool) -> bytes:
    mid, data = mid_of(ask), bytearray()
    while len(data) < wanted.size:
        at = len(data) // limits.CHUNK
        data += site.office.records.file(ask.person, mid, wanted.number, at, sample=sample)
    return bytes(data)


ROUTES: Final = (
    Route("GET", "record/{mid}/file/{number}", file),
    Route("POST", "record/{mid}/file/{number}/locked", locked),
    Route("POST", "record/{mid}/file/{number}/sample", call),
)
