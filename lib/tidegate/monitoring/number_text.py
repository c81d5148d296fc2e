"""Numbers as people read them."""

from math import isfinite


def number_text(number: float) -> str:
    """Return a number with about four digits that count, whole above a thousand: 0.01235, 12.35, 1,235."""
    size = abs(number)
    if not isfinite(number) or (number != 0 and (size < 1e-4 or size >= 1e15)):
        return f"{number:.3e}"
    if size >= 1_000 or number == int(number):
        return f"{number:,.0f}"
    return f"{number:.4g}"


def percent_text(share: float | None) -> str:
    """Return a share as a percentage; what is neither nothing nor all never looks as if it were; None is `–`."""
    if share is None:
        return "–"
    if share in (0.0, 1.0):
        return f"{share * 100:.0f} %"
    if share < 0.001:
        return "< 0.1 %"
    if share > 0.999:
        return "> 99.9 %"
    return f"{share * 100:.1f} %" if share < 0.0995 or share > 0.9 else f"{share * 100:.0f} %"


def counted_text(count: int, thing: str) -> str:
    """Return a number of things, of which there may be one alone."""
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def end_text(text: str, kind: str) -> str:
    """Return the text of an extreme of a column; a timestamp, which is stored as it reads in UTC, says so."""
    return f"{text} UTC" if kind == "timestamp" and text else text
