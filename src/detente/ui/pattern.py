"""Regular expressions of whole numbers between bounds: what a schema says of a number as text."""


def between(low: int, high: int) -> str:
    """Return an expression of the decimal texts of low to high, without zeros before them."""
    assert low <= high
    if high < 0:
        return f"-(?:{between(-high, -low)})"
    if low < 0:
        return f"-(?:{between(1, -low)})|{between(0, high)}"
    found: list[str] = []
    for length in range(len(str(low)), len(str(high)) + 1):
        least = max(low, 10 ** (length - 1) if length > 1 else 0)
        found += _same(str(least), str(min(high, 10**length - 1)))
    return "|".join(found)


def _same(low: str, high: str) -> list[str]:
    # Both are of one length.
    if not low:
        return [""]
    if set(low[1:]) <= {"0"} and set(high[1:]) <= {"9"}:
        return [_digit(low[0], high[0]) + _any(len(low) - 1)]
    if low[0] == high[0]:
        return [low[0] + rest for rest in _same(low[1:], high[1:])]
    rest = len(low) - 1
    found = [low[0] + each for each in _same(low[1:], "9" * rest)]
    first, last = chr(ord(low[0]) + 1), chr(ord(high[0]) - 1)
    if first <= last:
        found.append(_digit(first, last) + _any(rest))
    return [*found, *(high[0] + each for each in _same("0" * rest, high[1:]))]


def _digit(first: str, last: str) -> str:
    return first if first == last else f"[{first}-{last}]"


def _any(count: int) -> str:
    return f"[0-9]{{{count}}}" if count else ""
