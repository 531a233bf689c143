"""The process that sets one paper: a sheet comes in by standard input, a PDF goes out. It knows nothing else.

Started by press.py, with this interpreter and no path of ours: what a stranger wrote is laid out
in here, and with the process goes all that it held.
"""

import contextlib
import json
import resource
import sys
from pathlib import Path
from typing import Final

MEMORY_MAX: Final = 1_073_741_824  # bytes of address space
SECONDS_MAX: Final = 10  # of computing
PDF: Final = "a-2u"  # for archives: each sign has its character, every font is inside


def main() -> None:
    """Set one paper."""
    import typst  # noqa: PLC0415  after the limits

    given = json.loads(sys.stdin.buffer.read())
    compiler = typst.Compiler(
        input=Path(__file__).with_name("paper.typ").read_bytes(),
        root=Path(__file__).parent,
        ignore_system_fonts=True,  # machines differ in what they have
        sys_inputs={"sheet": json.dumps(given["sheet"], ensure_ascii=False)},
    )
    if given["ppi"]:
        found = compiler.compile(format="png", ppi=given["ppi"])
        pages = found if isinstance(found, list) else [found]
        for page in pages:
            assert page is not None, "no file was named"
            sys.stdout.buffer.write(len(page).to_bytes(8, "big") + page)
        return
    pdf = compiler.compile(format="pdf", pdf_standards=PDF, timestamp=given["made"])
    assert isinstance(pdf, bytes), "a PDF is one"
    sys.stdout.buffer.write(pdf)


def narrow() -> None:
    """Take from this process what it does not need."""
    wanted = (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, SECONDS_MAX),
        (resource.RLIMIT_AS, MEMORY_MAX),
    )
    for what, most in wanted:
        # A unit may forbid the call itself; then its own limits hold (deploy/).
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    narrow()
    main()
