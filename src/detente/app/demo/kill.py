"""The last step of the demo: 1,000 records, and the other node killed in the middle of them."""

import os
import signal
from collections.abc import Callable
from typing import Final

from detente.app import system
from detente.app.demo import post
from detente.app.demo.show import Told, command
from detente.app.demo.stage import Stage, need
from detente.app.face import say
from detente.app.loop import clock
from detente.core.moment import Moment

COUNT: Final = 1_000
KILL_AFTER: Final = 400
ALL_STORED: Final = 60.0  # seconds; it takes a few
_SHOWN_EVERY: Final = 20


def kill(stage: Stage, progress: Callable[[str], None]) -> Told:
    """Send 1,000 records, kill Borealis's node after 400, and count what arrived."""
    sender, receiver = stage.aurelia, stage.borealis
    post.keep_sample(stage)
    since = post.mark(sender, receiver)
    pid = receiver.pid("node")
    mids: list[str] = []
    killed_at = Moment(0)
    start = clock()
    for number in range(COUNT):
        if number == KILL_AFTER:
            os.kill(pid, signal.SIGKILL)
            killed_at = system.now()
        mids.append(post.send(sender.office, receiver.name, number))
        if number % _SHOWN_EVERY == 0:
            progress(say("demo.kill_sent", count=f"{number:,}", of=f"{COUNT:,}"))
    sent_after = clock() - start
    progress(say("demo.kill_wait"))
    stage.until(
        "all are STORED", lambda: sender.link()["stored"] >= since.first + COUNT, ALL_STORED
    )
    took = clock() - start
    row = sender.link()
    away = (Moment.parse(row["since"]) - killed_at).ms
    need(row["state"] == "LIVE" and away > 0, "the link was not connected anew")
    need(receiver.pid("node") != pid, "the node was not started anew")
    size = stage.until("Borealis's office read all", lambda: post.arrived(since, mids))
    rate = round(COUNT / sent_after)
    return Told(
        say(
            "demo.kill", count=f"{COUNT:,}", after=KILL_AFTER, away=f"{away / 1000:.1f}", pid=pid,
            rate=rate,
        ),
        [
            post.in_a_loop(sender, receiver, COUNT),
            f"kill -9 $(cat {receiver.short}/node/lock)",
            command("detente", "link", "list", "--at", sender.short),
        ],
        {
            "sent": COUNT, "killed_after": KILL_AFTER, "killed_pid": pid, "arrived": size,
            "once": True, "in_order": True, "down_ms": away, "sends_a_second": rate,
            "all_stored_ms": round(took * 1000),
        },
    )  # fmt: skip
