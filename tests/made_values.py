"""Made values of every type of field, for laws and properties."""

from collections.abc import Sequence

from hypothesis import strategies as st

from detente.core.moment import Moment, Span
from detente.office.enclosed import ATTACH, FILES, FileName, safe_name
from detente.office.fields import (
    Desks,
    Digest,
    Field,
    File,
    FileText,
    Flag,
    LongText,
    OneOf,
    Parts,
    Text,
    Type,
    Value,
    Values,
    When,
    Whole,
    Within,
)

_PLAIN = st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"))
_ADDRESSES = st.from_regex(
    r"[a-z][a-z0-9-]{0,8}@[a-z0-9]([a-z0-9.-]{0,9}[a-z0-9])?", fullmatch=True
)


def of_type(kind: Type, mids: Sequence[bytes] = ()) -> st.SearchStrategy[Value]:
    """Return values of a type; ids and hashes are drawn from `mids` if there are any."""
    match kind:
        case FileName():
            return st.text(_PLAIN, min_size=1, max_size=12).map(safe_name)
        case LongText():
            return st.text(st.one_of(_PLAIN, st.sampled_from("\n\t")), min_size=1, max_size=20)
        case Text():
            if kind.form:
                made = st.from_regex(kind.form, fullmatch=True, alphabet=_PLAIN)
                return made.filter(lambda text: len(text) <= kind.max_chars)
            return st.text(_PLAIN, min_size=1, max_size=min(kind.max_chars, 20))
        case Whole():
            return st.integers(kind.low, kind.high)
        case OneOf():
            return st.sampled_from(kind.choices)
        case Flag():
            return st.booleans()
        case When():
            return st.integers(0, 4_000_000_000_000).map(Moment)
        case Within():
            return st.integers(1, 99_999).map(lambda seconds: Span.of(seconds=seconds))
        case Digest():
            return st.sampled_from(mids) if mids else st.binary(min_size=32, max_size=32)
        case Desks():
            return st.sets(_ADDRESSES, min_size=1, max_size=3).map(lambda few: tuple(sorted(few)))
        case FileText():
            return st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)
        case File():
            return st.binary(min_size=1, max_size=40)
        case Parts():
            return of_fields(kind.fields, mids)
    raise AssertionError(kind)


def of_field(field: Field, mids: Sequence[bytes] = ()) -> st.SearchStrategy[Value]:
    """Return values of a field."""
    one = of_type(field.type, mids)
    return st.lists(one, min_size=1, max_size=3).map(tuple) if field.many else one


def of_fields(fields: Sequence[Field], mids: Sequence[bytes] = ()) -> st.SearchStrategy[Values]:
    """Return values of fields together; what need not be given may be absent."""
    return st.fixed_dictionaries(
        {field.name: of_field(field, mids) for field in fields if field.required},
        # Files are made by tests of their own: header and body must agree on them.
        optional={
            field.name: of_field(field, mids)
            for field in fields
            if not field.required and field not in (FILES, ATTACH)
        },
    ).map(Values)
