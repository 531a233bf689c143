"""Verb: doctor."""

import click

from detente.app import config
from detente.app.doctor.facts import BellFact
from detente.app.face import Out, common, example, say
from detente.core.canon import Json


@click.command(help=say("help.doctor"), epilog=example("detente doctor"))
@common
def doctor(*, at: str | None, as_json: bool, quiet: bool) -> int:
    """Look for faults; return 1 if there are any."""
    from detente.app.doctor import ask, checks  # noqa: PLC0415
    from detente.app.doctor.checks import ERROR, Finding  # noqa: PLC0415

    facts, not_asked = ask.gather(config.load(at))
    found = checks.judge(facts)

    def words(each: Finding) -> tuple[str, str]:
        places = dict(each.places)
        if "state" in places and "why" in places:
            places["state"] = say(f"link.{places['state']}")
        code = each.code
        return say(f"finding.{code}", **places), say(f"finding.{code}_try", **places)

    lines: list[str] = []
    rows: list[Json] = []
    for each in found:
        what, remedy = words(each)
        kind = say("doctor.fault" if each.severity == ERROR else "doctor.warning")
        lines += [f"{kind}  {what}", f"{say('fault.try')}  {remedy}"]
        rows.append(
            {
                "code": each.code, "severity": each.severity, "where": each.where,
                "since": str(each.since) if each.since else None,
                "what": what, "remedy": remedy, "seen_at": str(facts.now),
            }
        )  # fmt: skip
    bells = [_bell(each) for each in facts.office.bells] if facts.office else []
    unasked = [say("doctor.not_asked", half=half, who=who) for half, who in not_asked.items()]
    Out(as_json=as_json, quiet=quiet).answer(
        {
            "ok": not found,
            "findings": rows,
            "not_asked": list(not_asked),
            "alarms": [_told(each) for each in facts.office.bells] if facts.office else [],
        },
        [*(lines or [say("doctor.well")]), *bells, *unasked],
    )
    return 1 if found else 0


def _told(each: BellFact) -> Json:
    return {
        "by": each.by, "failing": each.failing, "why": each.why, "waiting": each.waiting,
        "tries": each.tries, "tries_max": each.tries_max,
        "well_at": str(each.well_at) if each.well_at else None,
        "failed_at": str(each.failed_at) if each.failed_at else None,
    }  # fmt: skip


def _bell(each: BellFact) -> str:
    never = say("doctor.never")
    return say(
        f"doctor.by_{each.by}", well=str(each.well_at or never), failed=str(each.failed_at or never),
        waiting=str(each.waiting), tries=str(each.tries), tries_max=str(each.tries_max),
    )  # fmt: skip
