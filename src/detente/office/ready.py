"""Values from any face made whole before an act is built or a look is read."""

from collections.abc import Callable, Sequence

from detente.core.errors import OurFault
from detente.office.desk import Act, Look
from detente.office.fields import Cut, Value, Values, check_values, members_of


def complete(values: Values, find: Callable[[Cut], Sequence[bytes]]) -> Values:
    """Return values with every Cut replaced by the one mid that begins so.

    find: mids that begin with a cut, two are enough. Raises OurFault("form.mid") if there is none
    or more than one.
    """
    found: dict[str, Value] = {}
    for name, value in values.items():
        found[name] = _whole(name, value, find)
    return Values(found)


def ready(verb: Act | Look, values: Values, find: Callable[[Cut], Sequence[bytes]]) -> Values:
    """Return values that an act may be built or a look be read with, from any face.

    Cuts are completed, defaults filled in, all checked; raises OurFault("form.*").
    """
    defaults = {field.name: field.default for field in verb.fields}
    given = Values({**defaults, **complete(values, find)})
    return check_values(members_of(verb.fields), given)


def _whole(name: str, value: Value, find: Callable[[Cut], Sequence[bytes]]) -> Value:
    if isinstance(value, Values):
        return complete(value, find)
    if isinstance(value, tuple):
        return tuple(_whole(name, element, find) for element in value)
    if not isinstance(value, Cut):
        return value
    mids = find(value)
    if len(mids) == 1:
        return mids[0]
    if mids:
        raise OurFault(
            "form.mid", f"{name}: several records begin {value.text}", "write more of it", name
        )
    what = f"{name}: no record begins {value.text}"
    raise OurFault("office.no_record", what, "look at the list again", name)
