"""What a command began lives on when the command has ended: the demo's parties, for some minutes."""

import os
import signal
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Final

DEFECT: Final = 70
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_OUTPUTS: Final = (1, 2)

LetGo = Callable[[int], None]


def beyond(play: Callable[[LetGo], int]) -> int:
    """Run `play` in a process of its own; return what it lets us go with, or its exit code.

    play is handed `let_go(code)`: from then on nobody waits for it, its words go nowhere, and it
    ends when it likes. Until then what interrupts us interrupts it.
    """
    told, telling = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(told)
        _stand_alone(play, telling)
    os.close(telling)
    for each in _SIGNALS:
        signal.signal(each, lambda number, _: _pass_on(child, number))
    with os.fdopen(told, "rb") as line:
        code = line.read(1)
    if code:
        return code[0]
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _pass_on(child: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(child, number)


def _stand_alone(play: Callable[[LetGo], int], telling: int) -> None:
    os.setsid()

    def let_go(code: int) -> None:
        nothing = os.open(os.devnull, os.O_WRONLY)
        for each in _OUTPUTS:
            os.dup2(nothing, each)
        os.close(nothing)
        os.write(telling, bytes([code]))
        os.close(telling)

    code = DEFECT
    try:
        code = play(let_go)
    except BaseException:  # noqa: BLE001  nobody above us tells it
        traceback.print_exc()
    finally:
        os._exit(code)
