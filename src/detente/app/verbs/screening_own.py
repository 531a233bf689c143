"""Verbs of a party's own lists: load, lists, list show, diff, apply, refuse, decisions, explain."""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from detente.app import cells, client, config
from detente.app.client import Client
from detente.app.face import Out, common, example, language, say, write_file
from detente.app.printed import plain
from detente.core.errors import OurFault

PIECE: Final = 4 << 20  # bytes of one piece of a file
HELD_EXIT = 3
DIFFERS_EXIT = 1
WAIT: Final = 0.3  # seconds between two looks
PATIENCE: Final = 600.0  # seconds that a list is waited for
BUILDING: Final = "list.building"
SHOWN: Final = 3  # hits that are told in sentences; the document has all
ROWS: Final = 40  # rows of a difference that are shown; a file has all
VERSIONS: Final = "/api/v1/screening/version"
DECISIONS: Final = "/api/v1/screening/decision"


def _office(at: str | None) -> Client:
    return client.office(config.load(at).folder)


def _hand_in(office: Client, file: str) -> str:
    """Hand a file in and return its hash. It is read once: what was read is what counts."""
    try:
        data = Path(file).read_bytes()
    except OSError as error:
        what = f"{file}: {error.strerror}"
        raise OurFault("list.unreadable", what, "name a file that is there") from None
    sha256 = hashlib.sha256(data).hexdigest()
    here = 0
    while here < len(data):
        piece = data[here : here + PIECE]
        path = f"/api/v1/screening/file/{sha256}"
        found = office.ask("PUT", path, piece, query={"offset": here})
        if found["here"] == here:
            raise OurFault("list.unreadable", f"{file} is not taken", "hand it in again")
        here = found["here"]
    return sha256


def _patient(ask: Callable[[], Any]) -> Any:  # noqa: ANN401  as the client
    """Ask until the index is built."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return ask()
        except OurFault as fault:
            if fault.code != BUILDING or time.monotonic() > end:
                raise
        time.sleep(WAIT)


def look(asked: Mapping[str, Any], keep: str | None, *, at: str | None, out: Out) -> int:
    """Look a name up in the party's lists in force and tell the best hits."""
    office = _office(at)
    body = {name: value for name, value in asked.items() if value}
    found = _patient(lambda: office.ask("POST", "/api/v1/screening/name", body))
    if keep:
        write_file(msgspec.json.encode(found["decision"], order="sorted"), keep)
    out.answer(found, _told(found))
    return 0


def _told(found: Mapping[str, Any]) -> list[str]:
    hits = found["decision"]["hits"]
    lines = [say(f"screening.{found['undecided']}")] if found["undecided"] else []
    lines += [say(f"screening.unread_{e['what']}", text=plain(e["text"])) for e in found["unread"]]
    told = found["told"][language()][:SHOWN]
    for hit, sentences in zip(hits, told, strict=False):
        lines += [*map(plain, sentences), f"  {plain(hit['entity'])}", ""]
    if not hits:
        lines.append(say("screening.nobody"))
    if found["waits"]:
        lines.append(say("screening.waits"))
    return [*lines, say("screening.stamp", stamp=found["stamp"])]


def replay(stamp: str, *, at: str | None, out: Out) -> int:
    """Ask again what a decision of the party was asked, on the versions that it names."""
    office = _office(at)
    found = _patient(lambda: office.ask("POST", f"{DECISIONS}/{stamp}/replay"))
    word = "screening.same" if found["same"] else "screening.differs"
    lines = [say(word, stamp=found["stamp"], again=found["again"])]
    lines += [say("screening.where", place=plain(each)) for each in found["differs"][:ROWS]]
    out.answer(found, lines)
    return 0 if found["same"] else DIFFERS_EXIT


def _told_of(what: str, why: str = "") -> str:
    from detente.app.console import reasons  # noqa: PLC0415  help must not pay for it

    return plain(reasons.reason(why, what, language()))


def _version_lines(row: Mapping[str, Any]) -> list[str]:
    state = say(f"screening.state.{row['state']}")
    lines = [
        say("screening.version", id=row["id"], state=state, count=row["count"], dated=row["dated"] or "-", by=plain(row["by"])),
        "  " + say("screening.counts", added=row["added"], changed=row["changed"], removed=row["removed"], lost=row["lost"], odd=row["odd"]),
    ]  # fmt: skip
    lines += [
        "  " + say("screening.waiting", why=say(f"screening.hold.{each['why']}"), what=_told_of(each["what"], each["why"]))
        for each in row["waits"]
    ]  # fmt: skip
    if row["why"]:
        who, why = plain(row["decided_by"]), plain(row["why"])
        lines.append("  " + say("screening.decided", who=who, why=why))
    return lines


@click.command(
    "load",
    help=say("help.screening_load"),
    epilog=example("detente screening load sdn.xml --list ofac --as sdn.xml"),
)
@click.argument("file")
@click.option("--list", "name", required=True, metavar="LIST", help=say("option.screening_list"))
@click.option("--as", "reader", required=True, metavar="FORM", help=say("option.screening_as"))
@click.option("--alt", metavar="FILE", help=say("option.screening_alt"))
@click.option("--add", metavar="FILE", help=say("option.screening_add"))
@click.option("--sha256", metavar="HASH", help=say("option.screening_sha256"))
@click.option("--date", "dated", metavar="DATE", help=say("option.screening_date"))
@click.option("--source", metavar="TEXT", help=say("option.screening_source"))
@click.option(
    "--map", "mapping", multiple=True, metavar="OURS=THEIRS", help=say("option.screening_map")
)
@common
def load(
    file: str, name: str, reader: str, alt: str | None, add: str | None, sha256: str | None,
    dated: str | None, source: str | None, mapping: tuple[str, ...],
    *, at: str | None, as_json: bool, quiet: bool,
) -> int:  # fmt: skip
    """Hand a file in as a new version of a list, and wait until it is read; 3 if it is held."""
    office = _office(at)
    files = {"received": file, "alt": alt, "add": add}
    body: dict[str, Any] = {key: _hand_in(office, each) for key, each in files.items() if each}
    body |= {"list": name, "reader": reader, "mapping": mapping}
    told = {"promised": sha256, "dated": dated, "source": source or Path(file).name}
    row = office.ask("POST", VERSIONS, body | {key: text for key, text in told.items() if text})
    end = time.monotonic() + PATIENCE
    while row["state"] == "reading" and time.monotonic() < end:
        time.sleep(WAIT)
        row = office.ask("GET", f"{VERSIONS}/{row['id']}")
    Out(as_json=as_json, quiet=quiet).answer(row, _version_lines(row))
    return 0 if row["state"] == "in_force" else HELD_EXIT


@click.command("lists", help=say("help.screening_lists"), epilog=example("detente screening lists"))
@common
def lists(*, at: str | None, as_json: bool, quiet: bool) -> int:
    """List the versions in force and those that wait; 3 if one waits for a person."""
    rows = list(_office(at).pages(VERSIONS, {}))
    kept = [row for row in rows if row["state"] != "superseded"]
    lines = [line for row in kept for line in _version_lines(row)]
    Out(as_json=as_json, quiet=quiet).answer(rows, lines or [say("screening.no_lists")])
    return HELD_EXIT if any(row["state"] == "held" for row in rows) else 0


@click.group("list", help=say("verb.screening_list"))
def one_list() -> None:
    """Hold the verbs about one version."""


@one_list.command(
    "show",
    help=say("help.screening_list_show"),
    epilog=example("detente screening list show ofac.3"),
)
@click.argument("version")
@common
def show(version: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Show a version and what was not read of it."""
    office = _office(at)
    row = office.ask("GET", f"{VERSIONS}/{version}")
    odd = list(office.pages(f"{VERSIONS}/{version}/odd", {}))
    received = [f"  {name}  sha256 {sha}" for name, sha in row["received"].items()]
    lines = [*_version_lines(row), *received, f"  entries sha256 {row['entries']}"]
    lines += [
        "  " + say(
            "screening.odd_lost" if each["lost"] else "screening.odd_detail",
            line=each["line"], entry=plain(each["entry"]), why=_told_of(each["why"]),
        )
        for each in odd[:ROWS]
    ]  # fmt: skip
    if len(odd) > ROWS:
        lines.append("  " + say("screening.more", count=len(odd) - ROWS))
    Out(as_json=as_json, quiet=quiet).answer({**row, "oddities": odd}, lines)
    return 0


@click.command(
    "diff", help=say("help.screening_diff"), epilog=example("detente screening diff ofac.3")
)
@click.argument("version")
@click.option("--csv", "file", metavar="FILE", help=say("option.screening_csv"))
@common
def diff(version: str, file: str | None, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Show what a version adds, changes and removes; all of it as CSV, if a file is named."""
    rows = list(_office(at).pages(f"{VERSIONS}/{version}/difference", {}))
    if file:
        table = [("what", "entry", "name"), *((r["what"], r["entry"], r["name"]) for r in rows)]
        write_file(cells.csv_of(table), file)
    lines = [
        f"{say('screening.' + r['what'])}  {plain(r['entry'])}  {plain(r['name'])}"
        for r in rows[:ROWS]
    ]
    if len(rows) > ROWS:
        lines.append(say("screening.more", count=len(rows) - ROWS))
    Out(as_json=as_json, quiet=quiet).answer(rows, lines or [say("screening.no_difference")])
    return 0


def _decision_verb(step: str) -> click.Command:
    @click.command(
        step,
        help=say(f"help.screening_{step}"),
        epilog=example(f'detente screening {step} ofac.3 --why "the source confirms it"'),
    )
    @click.argument("version")
    @click.option("--why", required=True, metavar="TEXT", help=say("option.screening_why"))
    @common
    def verb(version: str, why: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
        """Decide on a held version."""
        row = _office(at).ask("POST", f"{VERSIONS}/{version}/{step}", {"why": why})
        Out(as_json=as_json, quiet=quiet).answer(row, _version_lines(row))
        return 0

    return verb


@click.command(
    "decisions", help=say("help.screening_decisions"), epilog=example("detente screening decisions")
)
@click.option("--csv", "file", metavar="FILE", help=say("option.screening_csv"))
@common
def decisions(*, file: str | None, at: str | None, as_json: bool, quiet: bool) -> int:
    """List the decisions that were made, the newest first."""
    rows = list(_office(at).pages(DECISIONS, {}))
    heads = ("at", "by", "stamp", "name", "score", "alert")
    if file:
        write_file(cells.csv_of([heads, *([str(r[h]) for h in heads] for r in rows)]), file)
    lines = [_decision_line(row) for row in rows[:ROWS]]
    if len(rows) > ROWS:
        lines.append(say("screening.more", count=len(rows) - ROWS))
    Out(as_json=as_json, quiet=quiet).answer(rows, lines or [say("list.empty")])
    return 0


def _decision_line(row: Mapping[str, Any]) -> str:
    mark = say("screening.alert") if row["alert"] else "-"
    score = f"{round(100 * row['score']):3d}"
    return f"{row['at']}  {row['stamp'][:16]}  {score}  {mark}  {plain(row['name'])}  {plain(row['by'])}"


@click.command(
    "explain",
    help=say("help.screening_explain"),
    epilog=example(f"detente screening explain {'0123456789abcdef' * 4}"),
)
@click.argument("decision")
@common
def explain(decision: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Tell a kept decision in sentences, all its hits."""
    found = _office(at).ask("GET", f"{DECISIONS}/{decision}")
    lines = _all_told(found)
    Out(as_json=as_json, quiet=quiet).answer(found, lines)
    return 0


def _all_told(found: Mapping[str, Any]) -> Sequence[str]:
    told, hits = found["told"][language()], found["decision"]["hits"]
    lines = [
        line
        for hit, sentences in zip(hits, told, strict=True)
        for line in (*map(plain, sentences), f"  {plain(hit['entity'])}", "")
    ]
    versions = found["decision"]["lists"].items()
    named = [say("screening.on_version", list=name, sha256=sha) for name, sha in versions]
    return [*(lines or [say("screening.nobody")]), *named]


def add_to(group: click.Group) -> None:
    """Add these verbs to the group of screening."""
    for each in (load, lists, one_list, diff, decisions, explain):
        group.add_command(each)
    for step in ("apply", "refuse"):
        group.add_command(_decision_verb(step))
