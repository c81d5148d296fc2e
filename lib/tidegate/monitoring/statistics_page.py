"""The statistics page: one HTML file that needs no other file. Every value is escaped here or in `small_plots`."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape

from tidegate.moments import require_moment
from tidegate.monitoring.feature_history import COURSES, FeatureHistory, GroupHistory, ShownCommit
from tidegate.monitoring.number_text import counted_text, number_text, percent_text
from tidegate.monitoring.small_plots import course, distribution
from tidegate.monitoring.statistics_template import GROUP, PAGE, SCRIPT, STYLE

NOTHING = "No statistics are recorded yet. Every commit to a feature group records them: run the feature pipeline first."


def statistics_page(groups: Sequence[GroupHistory], generated_at: datetime, title: str = "Feature statistics") -> str:
    """Return the page as HTML.

    Args:
        groups: The groups to show. If there are none, the page says so.
        generated_at: When the page is made, UTC.
        title: Heading and window title.

    Raises:
        NaiveMomentError: `generated_at` has no zone.
    """
    require_moment(generated_at, "the moment at which a page is made")
    sections = [_group(place, group) for place, group in enumerate(groups)]
    return PAGE.substitute(
        title=escape(title),
        style=STYLE,
        introduction=_introduction(groups),
        groups="\n".join(sections) or f'<div class="empty">{escape(NOTHING)}</div>',
        generated_at=f"{generated_at.astimezone(UTC):%Y-%m-%d %H:%M}",
        script=SCRIPT,
    )


def _introduction(groups: Sequence[GroupHistory]) -> str:
    if not groups:
        return ""
    features = sum(len(group.features) for group in groups)
    said = (
        f"<p>{counted_text(features, 'feature')} in {counted_text(len(groups), 'feature group')}: the statistics of each group's "
        "newest commit, and how they changed from commit to commit. A box is the middle half of the values, its bar the median, "
        "its dot the mean. The thick line goes from 5 % to 95 % of the values, the thin line from 1 % to 99 %.</p>"
    )
    links = "".join(f'<a href="#{_id(place)}">{escape(group.name)}</a>' for place, group in enumerate(groups))
    search = '<input id="filter" type="search" placeholder="Show only …" aria-label="Show only features with these words" hidden>'
    return said + (f'<nav aria-label="Feature groups">{links}</nav>' if len(groups) > 1 else "") + search


def _group(place: int, group: GroupHistory) -> str:
    rows = [float(commit.rows) for commit in group.commits]
    return GROUP.substitute(
        id=_id(place),
        commits=escape(json.dumps([_commit_text(commit) for commit in group.commits])),
        name=escape(group.name),
        newest=f"Newest commit: {escape(_commit_text(group.commits[-1]))}, {group.commits[-1].rows:,} rows.",
        shown=escape(_shown(group)),
        rows=course("rows", rows, [f"{commit.rows:,}" for commit in group.commits], from_zero=True),
        features="\n".join(map(_feature, group.features)),
    )


def _shown(group: GroupHistory) -> str:
    if group.recorded == 1:
        return "It is the only commit with statistics: lines begin with the next commit."
    if len(group.commits) < group.recorded:
        return f"The lines show the newest {len(group.commits):,} of {group.recorded:,} commits with statistics."
    return f"The lines show all {group.recorded:,} commits with statistics."


def _feature(feature: FeatureHistory) -> str:
    newest = feature.newest
    kinds = [newest["type"], *([feature.unit] if feature.unit else []), *(["entity key"] if feature.is_key else [])]
    cells = (
        # <wbr> lets a long name break after an underscore, so that it fits on a phone.
        f'<th scope="row">{escape(feature.name).replace("_", "_<wbr>")}<small>{escape(", ".join(kinds))}</small></th>',
        f'<td class="meaning">{escape(feature.meaning)}</td>',
        f'<td class="number" data-name="Rows">{newest["rows"]:,}</td>',
        f'<td class="plot share" data-name="NULL share">{_nulls(feature)}</td>',
        f'<td class="plot" data-name="Newest values">{distribution(newest)}</td>',
        f'<td class="plot" data-name="Over commits">{_course(feature)}</td>',
    )
    return f"<tr>{''.join(cells)}</tr>"


def _nulls(feature: FeatureHistory) -> str:
    texts = list(map(percent_text, feature.null_shares))
    plot = course(f"NULL share of {feature.name}", feature.null_shares, texts, from_zero=True)
    said = percent_text(feature.newest["null_share"])
    not_finite = feature.newest["not_finite"]
    under = f'<p class="under">{not_finite:,} NaN or infinite</p>' if not_finite else ""
    return f"<b>{escape(said)}</b>{plot}{under}"


def _course(feature: FeatureHistory) -> str:
    if feature.measure is None:
        return ""
    texts = [_value_text(feature.measure, value) for value in feature.course]
    name = COURSES[feature.measure]
    plot = course(f"{name} of {feature.name}", feature.course, texts)
    return f"<b>{escape(texts[-1])}</b> {name}{plot}"


def _value_text(measure: str, value: float | None) -> str:
    return percent_text(value) if value is None or measure == "true_share" else number_text(value)


def _commit_text(commit: ShownCommit) -> str:
    batch = "" if commit.batch is None else f", batch {commit.batch}"
    return f"version {commit.table_version}{batch}, {commit.recorded_at:%Y-%m-%d %H:%M} UTC"


def _id(place: int) -> str:
    return f"group-{place}"
