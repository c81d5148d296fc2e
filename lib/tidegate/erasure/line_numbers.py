"""Name the lines of a list by their numbers, never by their content."""

from collections.abc import Sequence

# A message lists at most this many lines and counts the rest.
MOST_LISTED = 20


def numbered(lines: Sequence[int], total: int | None = None) -> str:
    """Return a text such as `line 3` or `lines 3, 4 and 9`; for more than twenty lines `lines 1, 2, … and 31 more`.

    Args:
        lines: The numbers of the lines, in ascending order.
        total: The number of all lines, if `lines` has only the first of them.
    """
    count = len(lines) if total is None else total
    listed = [f"{line}" for line in lines[:MOST_LISTED]]
    if count == 1:
        return f"line {listed[0]}"
    if count > len(listed):
        return f"lines {', '.join(listed)} and {count - len(listed):,} more"
    return f"lines {', '.join(listed[:-1])} and {listed[-1]}"
