"""Gathers the doctor's facts: from the folder, the node and the office, as far as this user may."""

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from detente.app import card_copies, client, defect, halves, rights, system
from detente.app.config import Config
from detente.app.doctor.facts import (
    BellFact,
    CardFact,
    DeskFact,
    Facts,
    LinkFact,
    NodeFact,
    OfficeFact,
    RootFact,
    Told,
    Twins,
    Waiting,
)
from detente.app.face import say
from detente.app.meeting import Meeting
from detente.app.operating import backup
from detente.core.errors import Fault, OurFault
from detente.core.moment import Moment

_REMIND: Final = re.compile(r"([0-9]{1,4})d")
_DEFECTS_MAX: Final = 10


def remind_days(settings: Config) -> int:
    """Return after how many days a backup is due, 0 for never. Raises OurFault("config.bad")."""
    text = settings.text("backup.remind")
    met = _REMIND.fullmatch(text)
    if text and met is None:
        raise OurFault("config.bad", f"backup.remind is {text[:40]!r}", 'write days: "7d", or ""')
    return int(met[1]) if met else 0


def gather(settings: Config) -> tuple[Facts, dict[str, str]]:
    """Return the facts, and which halves do not answer this user: half to who may ask it."""
    facts, folder = of_folder(settings), settings.folder
    seen = rights.see(settings)
    not_asked = {}
    here = halves.here(folder)
    if "node" not in here:
        not_asked["node"] = say("doctor.elsewhere")
    elif seen.may_ask_node(os.getuid()):
        # What is known of peers is the node's too: no other user reads it.
        facts = _with_node(with_cards(facts, folder), folder)
    else:
        not_asked["node"] = rights.name_of(seen.node)
    if "office" not in here:
        not_asked["office"] = say("doctor.elsewhere")
    elif seen.may_ask_office(os.getuid()):
        facts = _with_office(facts, folder)
    else:
        not_asked["office"] = say("doctor.person")
    return facts, not_asked


def of_folder(settings: Config) -> Facts:
    """Return what a party's folder tells by itself."""
    folder = settings.folder
    disk = shutil.disk_usage(folder)
    return Facts(
        now=system.now(),
        folder=str(folder),
        party=settings.text("party.name"),
        free=disk.free,
        total=disk.total,
        begun_at=_begun(folder),
        backup_at=backup.last(folder),
        remind=remind_days(settings),
        open_rights=tuple(rights.findings(rights.see(settings))),
        defects=_defects(folder),
    )


def _begun(folder: Path) -> Moment | None:
    half = (halves.here(folder) or halves.HALVES)[0]
    try:
        return Moment((folder / half / "vault").stat().st_mtime_ns // 1_000_000)
    except OSError:
        return None


def _defects(folder: Path) -> tuple[str, ...]:
    try:
        found = sorted((folder / defect.FOLDER).iterdir())
    except OSError:
        return ()
    return tuple(str(each) for each in found[:_DEFECTS_MAX])


def with_cards(facts: Facts, folder: Path) -> Facts:
    """Return facts with what is known of cards; for who may read the folder party/."""
    meet = Meeting(folder)
    own, peers = meet.card(), meet.peers()
    states = {
        each.name: say("state." + each.state().replace(" ", "_"))
        for each in peers
        if not each.confirmed_at
    }
    held = [each.card for each in peers if each.card is not None and each.confirmed_at]
    return replace(
        facts,
        own_card=CardFact(own.name, own.expires),
        peer_cards=tuple(CardFact(each.name, each.expires) for each in held),
        not_compared=tuple(states.items()),
        root_changed=tuple(each.name for each in peers if each.state() == "root changed"),
        card_copies=tuple(card_copies.odd(folder)),
    )


def _with_node(facts: Facts, folder: Path) -> Facts:
    try:
        told = client.node(folder).ask("GET", "/v1/doctor")
    except OurFault as fault:
        return replace(facts, node_fault=_told(fault))
    return replace(facts, node=read_node(told))


def read_node(told: Mapping[str, Any]) -> NodeFact:
    """Return what a node told as facts."""
    fault = told["store"]["fault"]
    return NodeFact(
        links=tuple(_link(row) for row in told["links"]),
        faults={row["what"]: row["why"] for row in told["findings"]},
        store_fault=Told(**fault) if fault else None,
        wal_bytes=told["store"]["wal_bytes"],
        restored=told["restored"],
        roots=tuple(RootFact(row["party"], row["ours"], row["compared"]) for row in told["roots"]),
    )


def _link(row: Mapping[str, Any]) -> LinkFact:
    return LinkFact(
        party=row["party"],
        state=row["state"],
        why=row["why"],
        since=Moment.parse(row["since"]),
        path_fault=row["path_fault"] or "",
        sent=row["sent"],
        stored=row["stored"],
        waiting=row["waiting"],
        waiting_since=_moment(row["waiting_since"]),
        clock_ahead_ms=row["clock_ahead_ms"],
        late=row["late"] or row["received_late"],
    )


def _moment(text: str | None) -> Moment | None:
    return Moment.parse(text) if text else None


def _with_office(facts: Facts, folder: Path) -> Facts:
    asked = client.office(folder)
    try:
        told = asked.ask("GET", "/api/v1/doctor")
        waits = asked.ask("GET", "/api/v1/attention")
    except Fault as fault:
        return replace(facts, office_fault=_told(fault))
    return replace(facts, office=read_office(told, waits))


def read_office(told: Mapping[str, Any], waits: Mapping[str, Any]) -> OfficeFact:
    """Return what an office told as facts."""

    def of(name: str) -> Waiting:
        return Waiting(waits[name]["count"], _moment(waits[name]["since"]))

    return OfficeFact(
        refused=_by_id(told["refused"]),
        unsent={row["id"]: _said(row["refused"]) for row in told["unsent"]},
        cards=dict(told["cards"]),
        spares=dict(told["spares"]),
        desks=tuple(
            DeskFact(
                row["desk"],
                row["entrusted"],
                row["open"],
                row["holders"],
                row["may_unattended"],
                Waiting(row["flashes"], _moment(row["since"])),
            )
            for row in told["desk_keys"]
        ),
        bells=tuple(
            BellFact(
                row["by"],
                row["failing"],
                row["why"],
                row["waiting"],
                row["tries"],
                row["tries_max"],
                _moment(row["well_at"]),
                _moment(row["failed_at"]),
            )
            for row in told["alarms"]
        ),
        odd={row["where"]: _said(row) for row in told["odd"]},
        held={row["origin"]: _said(row) for row in told["held"]},
        twins=tuple(
            Twins(row["from"], row["matter"], row["s"], row["n"], row["first"], row["second"])
            for row in told["equivocations"]
        ),
        undelivered=of("undelivered"),
        unread=of("unread"),
        owed=of("owed"),
        there=tuple(
            (row["party"], row["state"], Waiting(row["count"], _moment(row["since"])))
            for row in waits["parties"]
        ),
    )


def _said(row: Mapping[str, Any]) -> Told:
    return Told(row["code"], row["what"], row["remedy"])


def _by_id(rows: Sequence[Mapping[str, Any]]) -> dict[str, Told]:
    return {row["id"]: _said(row) for row in rows}


def _told(fault: Fault) -> Told:
    return Told(fault.code, fault.what, fault.remedy)
