"""A bad day of the lines: one is cut, then all; a record goes by hand, and both logs are equal."""

from typing import Any, Final

from detente.app.demo import post
from detente.app.demo.show import Told, command
from detente.app.demo.stage import AWAY, PATHS, Party, Stage, need
from detente.app.face import say
from detente.app.loop import clock
from detente.core.errors import OurFault

COUNT: Final = 100
CUT_AFTER: Final = 40
THERE: Final = "to-borealis.courier"
BACK: Final = "to-aurelia.courier"
CARRIED: Final = "Carried by hand: two more addresses"
THANKS: Final = "Came on the stick, thank you."


def same_logs(stage: Stage) -> list[dict[str, Any]]:
    """Return size and root of both logs, if both sides hold the same and all is receipted."""
    ours = stage.aurelia.node.ask("GET", f"/v1/epoch/{stage.borealis.name}")["logs"]
    theirs = stage.borealis.node.ask("GET", f"/v1/epoch/{stage.aurelia.name}")["logs"]
    waits = [party.link() for party in stage.parties]
    done = all(row["sent"] == row["stored"] and not row["waiting"] for row in waits)
    return ours if done and ours == theirs[::-1] else []


def began_anew(stage: Stage, before: str) -> bool:
    """Say whether both are connected in an epoch after the one with this link id."""
    return all(
        party.state() == "LIVE" and party.link()["link_id"] != before for party in stage.parties
    )


def has(party: Party, mid: str) -> bool:
    """Say whether a record stands at the desks of a party."""
    try:
        party.office.ask("GET", f"/api/v1/record/{mid}")
    except OurFault as fault:
        if fault.code not in (*AWAY, "office.no_record"):
            raise
        return False
    return True


def line(stage: Stage) -> Told:
    """Cut the line in use while records go, and say nothing to either node."""
    sender, receiver = stage.aurelia, stage.borealis
    used = stage.until("one line is in use", lambda: _used(sender))
    other = next(path for path in PATHS if path != used)
    post.keep_sample(stage)
    since = post.mark(sender, receiver)
    mids, took, at_cut, cut_at = [], 0.0, 0, 0.0
    for number in range(COUNT):
        if number == CUT_AFTER:
            stage.lines[used].tell("silence")
            at_cut, cut_at = sender.link()["sent"], clock()
        mids.append(post.send(sender.office, receiver.name, number))
        if at_cut and not took and sender.link()["stored"] > at_cut:
            took = clock() - cut_at
    # What was sent after the cut and is receipted came over the other line.
    stage.until("all are STORED", lambda: sender.link()["stored"] >= since.first + COUNT)
    took = took or clock() - cut_at
    count = stage.until("all arrived", lambda: post.arrived(since, mids))
    found = stage.until("the lines are told apart", lambda: _told_apart(sender, used, other))
    listed = ("link", "list", "--at", sender.short)
    shown = stage.text(*listed)
    need(sender.state() == "LIVE", "the link did not stay up")
    return Told(
        say("demo.line", line=used, other=other, after=CUT_AFTER, count=count, ms=_ms(took)),
        [post.in_a_loop(sender, receiver, COUNT), command("detente", *listed)],
        {
            "sent": COUNT, "cut_after": CUT_AFTER, "arrived": count, "failover_ms": _ms(took),
            "cut": used, "paths": {**found},
        },
        shown,
    )  # fmt: skip


def _used(party: Party) -> str:
    return next((path for path, state in party.paths().items() if state == "USED"), "")


def _told_apart(party: Party, silent: str, other: str) -> dict[str, str]:
    found = party.paths()
    return found if found[other] == "USED" and found[silent] != "UP" else {}


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def courier(stage: Stage) -> Told:
    """Cut all lines; carry a record there and its receipt back in files, and mend the lines."""
    a, b = stage.aurelia, stage.borealis
    stage.until("both hold the same", lambda: same_logs(stage))
    stage.tell_lines("cut")
    stage.until("both see that the lines are down", lambda: _all_down(stage))
    listed = ("link", "list", "--at", a.short)
    shown = stage.text(*listed)
    send = (
        "cert", "send", post.SAMPLE, "--to", b.name, "--about", CARRIED, "--at", a.short,
    )  # fmt: skip
    row = stage.cli(*send)["records"][0]
    out = ("carry", "export", b.name, "-o", THERE, "--at", a.short)
    there = ("carry", "import", THERE, "--at", b.short)
    answer = ("cert", "answer", row["id"], "--verdict", "known", "--text", THANKS, "--at", b.short)
    home = ("carry", "export", a.name, "-o", BACK, "--at", b.short)
    back = ("carry", "import", BACK, "--at", a.short)
    stage.until("it waits", lambda: a.link()["waiting"])
    size = stage.cli(*out)["size"]
    brought = stage.cli(*there)["new"]
    stage.until("Borealis has it", lambda: has(b, row["mid"]))
    answered = stage.cli(*answer)["records"][0]["mid"]
    stage.until("the answer waits", lambda: b.link()["waiting"])
    stage.cli(*home)
    returned = stage.cli(*back)
    stage.until("Aurelia has the answer", lambda: has(a, answered))
    level = stage.until("it is STORED", lambda: _stored(a, row["mid"]))
    need(brought >= 1, "the file brought nothing")
    again = stage.together(there, back)
    need(
        [each["new"] + each["newly_receipted"] for each in again] == [0, 0], "a file counted twice"
    )
    commands = [command("detente", *each) for each in (
        listed, send, out, there, answer, home, back, there, back,
    )]  # fmt: skip
    ms, sizes = _mended(stage)
    return Told(
        say(
            "demo.courier", size=f"{size:,}", level=level, receipts=returned["newly_receipted"],
            ms=ms, first=f"{sizes[0]:,}", second=f"{sizes[1]:,}",
        ),
        commands,
        {
            "scripted": True, "id": row["mid"], "level": level, "size": size,
            "again": 0, "live_after_ms": ms, "sizes": [*sizes], "equal": True,
        },
        shown,
    )  # fmt: skip


def _mended(stage: Stage) -> tuple[int, list[int]]:
    """Mend the lines; return after how many ms the link was up, and the sizes of both logs."""
    start = clock()
    stage.tell_lines("mend")
    stage.until("the link is up", lambda: all(each.state() == "LIVE" for each in stage.parties))
    took = _ms(clock() - start)
    rows = stage.until("both logs are equal", lambda: same_logs(stage))
    return took, [row["size"] for row in rows]


def _stored(party: Party, mid: str) -> str:
    level: str = party.office.ask("GET", f"/api/v1/record/{mid}")["level"]
    return level if level in ("STORED", "DELIVERED") else ""


def _all_down(stage: Stage) -> bool:
    return all(
        party.state() == "PATH_DOWN" and set(party.paths().values()) == {"PATH_DOWN"}
        for party in stage.parties
    )


STEPS: Final = (line, courier)
