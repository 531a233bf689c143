"""The newest card that lies beside each chain of cards, for people to hand on.

The program reads the chain alone; so a copy that is something else stops nothing, and is told.
"""

from pathlib import Path

from detente.app.meeting import Meeting


def odd(folder: Path) -> list[tuple[str, str]]:
    """Return party and file of every copy that is not the newest card of its chain.

    Raises OurFault: config.missing, config.bad, card.bad, as whoever reads the chains.
    """
    meet, place = Meeting(folder), folder / "party"
    peers = [(each.chain, place / "peers" / each.name / "card") for each in meet.peers()]
    held = [(meet.chain(), place / "card")] + [(it, file) for it, file in peers if it is not None]
    return [(chain.name, str(file)) for chain, file in held if _is_odd(file, chain.newest.note)]


def _is_odd(file: Path, note: bytes) -> bool:
    try:
        return file.read_bytes() != note
    except FileNotFoundError:
        return False  # nothing to be handed on by mistake
    except OSError:
        return True
