"""Small plots of a feature's statistics as inline SVG or HTML, each with its numbers as text. All values are escaped."""

from collections.abc import Sequence
from html import escape

from pyspark.sql import Row

from tidegate.monitoring.number_text import end_text, number_text, percent_text

WIDTH, HEIGHT = 150.0, 32.0
_EDGE = 3.0
_SHOWN_VALUES = 5


def distribution(newest: Row) -> str:
    """Return a plot of how the values of one commit are distributed.

    Numbers become a box plot, texts bars of the frequent values, and times their first and last value.
    """
    if newest["quantiles"]:
        return _box(newest)
    if newest["true_share"] is not None:
        return _bars([("true", newest["true_share"], f"{newest['true_share']:.6g} of the known values")])
    if newest["top"]:
        return _frequent(newest)
    if newest["minimum_text"] is not None:
        first, last = (end_text(newest[f"{end}_text"], newest["type"]) for end in ("minimum", "maximum"))
        return f'<p class="ends">{escape(first)}<br>to {escape(last)}</p>'
    if newest["distinct"]:
        return f'<p class="ends">about {newest["distinct"]:,} different values, none of them frequent</p>'
    return '<p class="none">no values</p>' if newest["rows"] == newest["nulls"] else '<p class="none">not measured</p>'


def course(name: str, values: Sequence[float | None], texts: Sequence[str], from_zero: bool = False) -> str:
    """Return a line plot of a value over commits.

    A commit without a value is a gap in the line. A value between two gaps is drawn as a dot.

    Args:
        name: What is drawn, for screen readers.
        values: One value per commit, oldest first.
        texts: The same values as text, without `|`; the page's script shows the text of the commit under the pointer.
        from_zero: Whether the vertical axis begins at zero, as for shares and counts.
    """
    known = sorted((value, place) for place, value in enumerate(values) if value is not None)
    if not known:
        return '<p class="none">no values</p>'
    (low, least), (high, greatest) = known[0], known[-1]
    bottom = 0.0 if from_zero else low
    lines, dots = _pieces([(_across(place, len(values)), _up(value, bottom, high)) for place, value in enumerate(values)])
    newest = max(place for _, place in known)
    ends = f"least {texts[least]}, greatest {texts[greatest]}"
    drawn = f'<path class="line" d="{lines}"/>' if lines else ""
    drawn += "".join(f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="2"/>' for x, y in dots)
    summary = f"{name} over {len(known)} commits: {ends}, newest {texts[newest]}"
    under = f'<p class="under">{escape(texts[least])} to {escape(texts[greatest])}</p>' if high > low else ""
    return _svg("course", summary, drawn, f' data-texts="{escape("|".join(texts))}"') + under


def _pieces(places: Sequence[tuple[float, float | None]]) -> tuple[str, list[tuple[float, float]]]:
    """Return the SVG path of the lines, and the points without a neighbour, which become dots."""
    runs: list[list[tuple[float, float]]] = [[]]
    for x, y in places:
        if y is None:
            runs.append([])
        else:
            runs[-1].append((x, y))
    lines = " ".join("M" + " ".join(f"{x:.1f},{y:.1f}" for x, y in run) for run in runs if len(run) > 1)
    return lines, [run[0] for run in runs if len(run) == 1]


def _across(place: int, count: int) -> float:
    return WIDTH / 2 if count == 1 else _EDGE + (WIDTH - 2 * _EDGE) * place / (count - 1)


def _up(value: float | None, low: float, high: float) -> float | None:
    if value is None:
        return None
    # If all values are equal, the line is in the middle; if all are zero, it is at the bottom.
    share = _share(value, low, high) if high > low else 0.5 * (low != 0)
    return HEIGHT - _EDGE - (HEIGHT - 2 * _EDGE) * share


def _box(newest: Row) -> str:
    """Return a box plot: the box is 25 % to 75 % of the values, the thick line 5 % to 95 %, the thin line 1 % to 99 %.

    It does not reach from the minimum to the maximum, since a few extreme values would make the box too small to see.
    """
    quantiles = [quantile["value"] for quantile in newest["quantiles"]]
    low, high = quantiles[0], quantiles[-1]
    x = [_along(value, low, high) for value in quantiles]
    middle = HEIGHT / 2
    drawn = (
        f'<path class="whisker" d="M{x[0]:.1f},{middle} H{x[6]:.1f}"/><path class="line" d="M{x[1]:.1f},{middle} H{x[5]:.1f}"/>'
        f'<rect class="box" x="{x[2]:.1f}" y="6" width="{max(1.0, x[4] - x[2]):.1f}" height="{HEIGHT - 12}"/>'
        f'<path class="median" d="M{x[3]:.1f},3 V{HEIGHT - 3}"/>'
    )
    if newest["mean"] is not None and low <= newest["mean"] <= high:
        drawn += f'<circle class="dot" cx="{_along(newest["mean"], low, high):.1f}" cy="{middle}" r="2.5"/>'
    summary = ", ".join(f"{each['probability']:.0%} {number_text(each['value'])}" for each in newest["quantiles"])
    ends = f"{number_text(newest['minimum'])} to {number_text(newest['maximum'])}"
    mean = "" if newest["mean"] is None else f"; mean {number_text(newest['mean'])}"
    deviation = "" if newest["deviation"] is None else f", standard deviation {number_text(newest['deviation'])}"
    title = f"quantiles {summary}{mean}{deviation}; least {newest['minimum_text']}, greatest {newest['maximum_text']}"
    under = f'<p class="under">{escape(ends)}, median {escape(number_text(quantiles[3]))}</p>'
    return _svg("box-plot", title, drawn) + under


def _along(value: float, low: float, high: float) -> float:
    return _EDGE + (WIDTH - 2 * _EDGE) * (_share(value, low, high) if high > low else 0.5)


def _share(value: float, low: float, high: float) -> float:
    # Divide by 2 before the subtraction: the difference of two large doubles can overflow.
    return (value / 2 - low / 2) / (high / 2 - low / 2)


def _frequent(newest: Row) -> str:
    known = newest["rows"] - newest["nulls"]
    # The counts are estimates of a sketch and can be a little too large.
    bars = [(top["value"], min(1.0, top["count"] / known), f"{top['count']:,} rows") for top in newest["top"][:_SHOWN_VALUES]]
    under = f"about {newest['distinct']:,} different"
    if newest["longest"] is not None:
        shortest = "" if newest["shortest"] == newest["longest"] else f"{newest['shortest']:,} to "
        under += f", {shortest}{newest['longest']:,} characters"
    return _bars(bars) + f'<p class="under">{under}</p>'


def _bars(values: Sequence[tuple[str, float, str]]) -> str:
    """Return a list of bars, one for each value, its share and a further text that is shown on hover."""
    bars = (
        f'<li style="--share:{share:.3f}" title="{escape(value)}: {escape(more)}">'
        f"<span>{escape(value) or '<i>empty text</i>'}</span><b>{escape(percent_text(share))}</b></li>"
        for value, share, more in values
    )
    return f'<ol class="bars">{"".join(bars)}</ol>'


def _svg(kind: str, summary: str, drawn: str, attributes: str = "") -> str:
    return (
        f'<svg class="{kind}" viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" role="img" aria-label="{escape(summary)}"{attributes}>'
        f"<title>{escape(summary)}</title>{drawn}</svg>"
    )
