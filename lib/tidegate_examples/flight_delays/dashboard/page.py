"""Render the page as one HTML file that contains its style, its charts and plotly.js. Every value is escaped here."""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from html import escape

import plotly.graph_objects as go
from pandas import DataFrame, isna
from plotly.offline import get_plotlyjs

from tidegate_examples.flight_delays.dashboard import charts, readings
from tidegate_examples.flight_delays.dashboard.content import Content
from tidegate_examples.flight_delays.dashboard.features import GroupFeatures
from tidegate_examples.flight_delays.dashboard.template import PAGE, SCRIPT, STYLE

MEASURES = {
    "log_loss": "Log loss",
    "roc_auc": "ROC AUC",
    "pr_auc": "PR AUC",
}
NO_PREDICTIONS = "There are no predictions yet. Run the inference pipeline for a day, then generate this page again."
NO_OUTCOMES = (
    "No day's outcomes are known yet. The chart appears once nearly all flights of a day have departed or were cancelled."
)


def render(content: Content, title: str, generated_at: datetime, note: str = "") -> str:
    """Return the page as HTML.

    Args:
        content: The content of the page.
        title: Heading and window title.
        generated_at: When the page is generated, in UTC.
        note: A notice about the predictions, shown first; empty for none.
    """
    return PAGE.substitute(
        title=escape(title),
        style=STYLE,
        note=f'<p class="notice" role="note">{escape(note)}</p>' if note else "",
        facts=_facts(content),
        sections="\n".join(_sections(content)),
        generated_at=f"{generated_at.astimezone(UTC):%Y-%m-%d %H:%M}",
        plotly=f"<script>{get_plotlyjs()}</script>",
        script=SCRIPT,
    )


def _sections(content: Content) -> list[str]:
    if content.by_hour.empty:
        return [_section("Predictions", "", _empty(NO_PREDICTIONS)), _metrics(content.metrics)]
    return [
        _section(
            "Risk by hour and airport",
            readings.hour_reading(content.by_hour),
            _chart("risk-by-hour", charts.hour_chart(content.by_hour)),
        ),
        _reliability(content.deciles),
        _section(
            "Predicted and observed, day by day",
            readings.day_reading(content.by_day),
            _chart("risk-by-day", charts.day_chart(content.by_day)),
            wide=True,
        ),
        _section(
            "Riskiest flights of the last predicted day",
            readings.riskiest_reading(content.riskiest),
            _riskiest(content.riskiest),
        ),
        f'<div class="stack">{_metrics(content.metrics)}{_versions(content.versions)}</div>',
        _features(content.features),
    ]


def _facts(content: Content) -> str:
    if content.by_day.empty:
        return ""
    last, newest = content.by_day.iloc[-1], content.versions.iloc[0]
    facts = [
        (readings.day_name(last["flight_date"]), "last predicted day"),
        (f"{int(last['flights']):,}", "flights predicted that day"),
        (readings.percent(last["risk"]), "mean risk that day"),
        (f"version {newest['model_version']}", f"of the model {newest['model_name']}"),
    ]
    cards = (f'<div class="fact"><b>{escape(value)}</b><span>{escape(name)}</span></div>' for value, name in facts)
    return f'<div class="facts">{"".join(cards)}</div>'


def _reliability(deciles: DataFrame) -> str:
    title = "Do the risks come true?"
    if deciles.empty:
        return _section(title, "", _empty(NO_OUTCOMES))
    chart = _chart("reliability", charts.reliability_chart(deciles))
    note = f'<p class="soft note">{escape(readings.reliability_note(deciles))}</p>'
    return _section(title, readings.reliability_reading(deciles), chart + note)


def _riskiest(flights: DataFrame) -> str:
    cells = zip(
        flights["local_departure"].dt.strftime("%H:%M"),
        flights["carrier"] + " " + flights["flight"].astype(str),
        flights["origin"] + "\u2013" + flights["dest"],
        flights["probability"].map(readings.percent),
        map(_outcome, flights["delayed"], flights["cancelled"], flights["departure_delay_minutes"]),
        strict=True,
    )
    return _table(["Time", "Flight", "Route", "#Risk", "Outcome"], cells)


def _outcome(delayed: float, cancelled: float, minutes: float) -> str:
    if isna(delayed):
        return "not known"
    if cancelled:
        return "cancelled"
    return f"late by {minutes:.0f} min" if delayed else "on time"


def _metrics(metrics: Mapping[str, Mapping[str, float]]) -> str:
    title = "The model against its references"
    if not metrics:
        return _section(title, "", _empty("No test metrics were given."))
    shown = [measure for measure in MEASURES if any(measure in values for values in metrics.values())]
    best_first = sorted(metrics.items(), key=lambda item: item[1].get("log_loss", math.inf))
    rows = ([readings.words(model), *(_number(values.get(measure)) for measure in shown)] for model, values in best_first)
    table = _table(["Model", *(f"#{MEASURES[measure]}" for measure in shown)], rows)
    note = '<p class="soft note">Log loss: lower is better. ROC AUC and PR AUC: higher is better.</p>'
    return _section(title, readings.metrics_reading(metrics), table + note)


def _versions(versions: DataFrame) -> str:
    rows = {
        "Model": versions["model_name"] + " " + versions["model_version"].astype(str),
        "Release": versions["release"].fillna("none"),
        "Arm": versions["arm"],
        "Feature view": versions["feature_view"] + " " + versions["feature_view_version"].astype(str),
        "First day": versions["first_day"].map(readings.day_name),
        "Last day": versions["last_day"].map(readings.day_name),
        "Flights": versions["flights"].map("{:,}".format),
        "Scored at, UTC": versions["scored_at"].dt.strftime("%Y-%m-%d %H:%M"),
    }
    headers = ["", "Newest", *(["Earlier"] * (len(versions) - 1))]
    made_by = _table(headers, ([name, *values] for name, values in rows.items()))
    read = sorted(dict(versions.iloc[0]["feature_table_versions"] or {}).items())
    tables = _table(["Feature table read", "#Version"], ((name, str(version)) for name, version in read))
    reading = "The models and views that made the predictions, and the Delta table versions that the newest batch read."
    return _section("Model and data versions", reading, made_by + tables)


def _features(groups: Sequence[GroupFeatures]) -> str:
    count = sum(len(group.fields) for group in groups)
    reading = (
        f"{count} features from {len(groups)} feature groups, each with the value that was known two hours before the "
        "scheduled departure. Open a group to read what its features mean."
    )
    return _section("What the model looks at", reading, "".join(map(_group_features, groups)), wide=True)


def _group_features(group: GroupFeatures) -> str:
    rows = "".join(
        # A long name may break after an underscore, so that it fits on a phone.
        f"<tr><td>{escape(field.name).replace('_', '_<wbr>')}</td><td>{escape(field.description)}</td>"
        f"<td>{escape(field.unit or '')}</td></tr>"
        for field in group.fields
    )
    head = "<thead><tr><th>Feature</th><th>Meaning</th><th>Unit</th></tr></thead>"
    summary = f"<summary><b>{escape(group.group)}</b> ({len(group.fields)}) {escape(group.description)}</summary>"
    return f'<details>{summary}<table class="meanings">{head}<tbody>{rows}</tbody></table></details>'


def _number(value: float | None) -> str:
    return "" if value is None or math.isnan(value) else f"{value:.4f}"


def _section(title: str, reading: str, body: str, wide: bool = False) -> str:
    kind = ' class="wide"' if wide else ""
    sentence = f"<p>{escape(reading)}</p>" if reading else ""
    return f"<section{kind}><h2>{escape(title)}</h2>{sentence}{body}</section>"


def _empty(message: str) -> str:
    return f'<div class="empty">{escape(message)}</div>'


def _chart(name: str, figure: go.Figure) -> str:
    # Inside a script element, `</script>` would end the element early, even within quotes.
    figure_json = str(figure.to_json()).replace("<", "\\u003c")
    return f'<div class="chart" id="{name}"></div><script type="application/json" id="{name}-figure">{figure_json}</script>'


def _table(headers: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    """Return an HTML table in a box that scrolls on its own. A header that starts with `#` marks a column of numbers."""
    kinds = [' class="number"' if header.startswith("#") else "" for header in headers]
    names = (f"<th{kind}>{escape(header.lstrip('#'))}</th>" for kind, header in zip(kinds, headers, strict=True))
    lines = (_line(kinds, row) for row in rows)
    return f'<div class="scroll"><table><thead><tr>{"".join(names)}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>'


def _line(kinds: Sequence[str], row: Iterable[str]) -> str:
    cells = (f"<td{kind}>{escape(cell)}</td>" for kind, cell in zip(kinds, row, strict=True))
    return f"<tr>{''.join(cells)}</tr>"
