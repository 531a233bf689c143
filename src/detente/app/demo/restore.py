"""A bad day of a disk: it is lost, an older backup takes its place, and the peer gives the rest."""

from typing import Final

from detente.app.demo import post
from detente.app.demo.bad_day import began_anew, has, same_logs
from detente.app.demo.show import Told, command
from detente.app.demo.stage import Stage, need
from detente.app.face import say
from detente.app.loop import clock

LATER: Final = 20
BACKUP: Final = "borealis.backup"


def restore(stage: Stage) -> Told:
    """Lose Borealis's disk, put an older backup in its place, and see what Aurelia gives back."""
    a, b = stage.aurelia, stage.borealis
    backup, put = ("backup", "-o", BACKUP, "--at", b.short), ("restore", BACKUP, "--to", b.short)
    check = ("check", "--at", b.short)
    stage.cli(*backup)
    saved = b.link()
    mids = [post.send(a.office, b.name, number) for number in range(LATER)]
    mids.append(post.send(b.office, a.name, 0))
    stage.until("all is STORED", lambda: same_logs(stage))
    lost, pid = b.link(), b.run
    b.end()
    b.wait()
    b.folder.rename(stage.folder / f"{b.short}.lost")
    stage.cli(*put)
    b.start()
    start = clock()
    stage.until("Borealis answers", b.is_up)
    stage.until("a new epoch begins", lambda: began_anew(stage, saved["link_id"]))
    took = round((clock() - start) * 1000)
    stage.until("all came back", lambda: all(has(b, mid) for mid in mids))
    stage.until("both hold the same", lambda: same_logs(stage))
    logs = stage.cli(*check)["logs"]
    sizes = {row["origin"]: row["size"] for row in logs}
    back = []
    for name, member in ((a.name, "received"), (b.name, "sent")):
        size = sizes[f"{name}/detente/{saved['link_id']}"]
        need(size >= lost[member], f"records of {name} are missing")
        back.append(size - saved[member])
    return Told(
        say("demo.restore", theirs=back[0], own=back[1], count=len(logs)),
        [
            command("detente", *backup),
            f"kill {pid}; mv {b.short} {b.short}.lost",
            command("detente", *put),
            f"{command('detente', 'run', '--at', b.short)} &",
            command("detente", *check),
        ],
        {
            "given_back": back[0], "own_given_back": back[1], "lost": 0, "new_epoch": True,
            "live_after_ms": took, "logs_checked": len(logs),
        },
    )  # fmt: skip
