"""How templates call what they name. Apart from render.py, for it needs Jinja, 30 ms at a start."""

from collections.abc import Callable
from typing import Any

from jinja2.runtime import Context


class Plain(Context):
    """Calls macros and functions with what the template wrote, and nothing else.

    Jinja looks at each callable whether it wants the context as well; none of ours does, and on a
    list of fifty rows that question was a quarter of the page.
    """

    def call(self, called: Callable[..., Any], /, *args: Any, **named: Any) -> Any:  # noqa: ANN401
        """Call it; the loop's and block's own variables are for callables that take a context."""
        named.pop("_block_vars", None)
        named.pop("_loop_vars", None)
        return called(*args, **named)
