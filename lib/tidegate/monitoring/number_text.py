"""Numbers as short texts for people."""

from math import isfinite


def number_text(number: float) -> str:
    """Return a number with about four significant digits, and without decimals from 1,000 on: 0.01235, 12.35, 1,235."""
    size = abs(number)
    if not isfinite(number) or (number != 0 and (size < 1e-4 or size >= 1e15)):
        return f"{number:.3e}"
    if size >= 1_000 or number == int(number):
        return f"{number:,.0f}"
    return f"{number:.4g}"


def percent_text(share: float | None) -> str:
    """Return a share between 0 and 1 as a percentage; None is `–`.

    Only 0 and 1 themselves become `0 %` and `100 %`; a share close to them becomes `< 0.1 %` or `> 99.9 %`.
    """
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
    """Return a count with its noun, in the singular for 1: `1 commit`, `2 commits`."""
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def end_text(text: str, kind: str) -> str:
    """Return the text of a column's minimum or maximum, with ` UTC` after a timestamp, whose text is stored in UTC."""
    return f"{text} UTC" if kind == "timestamp" and text else text
