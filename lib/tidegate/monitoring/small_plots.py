"""Small plots of a feature's statistics as inline SVG or HTML, each with its numbers as text; values are escaped here."""

from collections.abc import Sequence
from html import escape

from pyspark.sql import Row

from tidegate.monitoring.number_text import end_text, number_text, percent_text

WIDTH, HEIGHT = 150.0, 32.0
_EDGE = 3.0
_SHOWN_VALUES = 5


def distribution(newest: Row) -> str:
    """Return how the values of one commit lie: a box of quantiles, bars of frequent values, or the ends of times."""
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
    """Return a line over commits; a commit without a value is a gap, and one between two gaps is a dot.

    Args:
        name: What is drawn, for those who don't see it.
        values: One a commit, oldest first.
        texts: The same, as people read them, without `|`; the page's script shows the one below the pointer.
        from_zero: Whether the plot begins at zero: for shares and counts, which are never less.
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
    """Return the path of the lines, and the points that have no neighbour to draw a line to."""
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
    # Nothing but zeros lies at the bottom, any other value that never changes in the middle.
    share = _share(value, low, high) if high > low else 0.5 * (low != 0)
    return HEIGHT - _EDGE - (HEIGHT - 2 * _EDGE) * share


def _box(newest: Row) -> str:
    """The middle half as a box, 5 % to 95 % as a line, from 1 % to 99 %: beyond lie the rare values that would crush it."""
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
    # Halves first: the difference of two doubles can be beyond a double.
    return (value / 2 - low / 2) / (high / 2 - low / 2)


def _frequent(newest: Row) -> str:
    known = newest["rows"] - newest["nulls"]
    # A sketch may count a little too much.
    bars = [(top["value"], min(1.0, top["count"] / known), f"{top['count']:,} rows") for top in newest["top"][:_SHOWN_VALUES]]
    under = f"about {newest['distinct']:,} different"
    if newest["longest"] is not None:
        shortest = "" if newest["shortest"] == newest["longest"] else f"{newest['shortest']:,} to "
        under += f", {shortest}{newest['longest']:,} characters"
    return _bars(bars) + f'<p class="under">{under}</p>'


def _bars(values: Sequence[tuple[str, float, str]]) -> str:
    """Bars of values with their shares, and on hover what else is to be said of each."""
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
