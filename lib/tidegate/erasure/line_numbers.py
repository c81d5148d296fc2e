"""Name lines of a list by number, never by what is in them."""

from collections.abc import Sequence

# So many are listed; after that only their number helps.
MOST_LISTED = 20


def numbered(lines: Sequence[int], total: int | None = None) -> str:
    """Return `line 3`, or `lines 3, 4 and 9`; beyond twenty `lines 1, 2, … and 31 more`.

    Args:
        lines: Numbers of lines, in order; more than twenty are not listed.
        total: How many there are, where `lines` has the first of them only.
    """
    count = len(lines) if total is None else total
    listed = [f"{line}" for line in lines[:MOST_LISTED]]
    if count == 1:
        return f"line {listed[0]}"
    if count > len(listed):
        return f"lines {', '.join(listed)} and {count - len(listed):,} more"
    return f"lines {', '.join(listed[:-1])} and {listed[-1]}"
