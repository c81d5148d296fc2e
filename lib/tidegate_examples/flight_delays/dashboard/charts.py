"""The charts of the dashboard, made from small frames. The browser sets the colours and text sizes of the page's theme."""

import plotly.graph_objects as go
from pandas import DataFrame, Series
from plotly.subplots import make_subplots

# Okabe and Ito's palette for colour-blind readers. The contrast is at least 3:1 both on white and on near-black.
BLUE, VERMILLION, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#8A8F98"
SERIES = [(BLUE, "circle", "solid"), (VERMILLION, "square", "dash"), (GREEN, "diamond", "dot")]
PERCENT = ".0%"
MOST_SINGLE_DAYS = 31  # a longer history is smoothed
ONE_DAY = 24 * 60 * 60 * 1000  # milliseconds, the unit of plotly's date axes


def hour_chart(by_hour: DataFrame) -> go.Figure:
    """Draw the mean risk by New York hour, with a line for each airport; lines differ in colour, marker and dash."""
    figure = _figure("Hour of scheduled departure, New York time", "Mean risk")
    for place, (origin, rows) in enumerate(by_hour.groupby("origin", sort=True)):
        colour, symbol, dash = SERIES[place % len(SERIES)]
        figure.add_scatter(
            x=rows["hour"].tolist(),
            y=rows["risk"].tolist(),
            customdata=rows["flights"].tolist(),
            name=str(origin),
            mode="lines+markers",
            line={"color": colour, "dash": dash},
            marker={"symbol": symbol, "size": 7},
            hovertemplate="%{y:.1%}, %{customdata:,} flights",
        )
    figure.update_xaxes(dtick=3)
    return figure


def reliability_chart(deciles: DataFrame) -> go.Figure:
    """Draw the share that was late against the predicted risk, with 95 % intervals, the diagonal and the flights per group."""
    figure = _figure("Predicted risk (mean of the group)", "Share that was late")
    end = min(1.0, 1.08 * float(deciles[["risk", "late_high"]].max().max()))
    figure.add_scatter(
        x=[0.0, end],
        y=[0.0, end],
        mode="lines",
        name="As predicted",
        line={"color": GREY, "dash": "dash"},
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=deciles["risk"].tolist(),
        y=deciles["late_share"].tolist(),
        customdata=deciles["flights"].tolist(),
        mode="lines+markers",
        name="Observed in each tenth",
        line={"color": BLUE},
        marker={"size": 8},
        error_y=_error_bars(deciles),
        hovertemplate="predicted %{x:.1%}, late %{y:.1%}, %{customdata:,} flights<extra></extra>",
    )
    figure.update_xaxes(tickformat=PERCENT, range=[0, end])
    figure.update_yaxes(range=[0, end])
    figure.update_layout(hovermode="closest")
    return figure


def _error_bars(deciles: DataFrame) -> dict[str, object]:
    return {
        "type": "data",
        "array": (deciles["late_high"] - deciles["late_share"]).tolist(),
        "arrayminus": (deciles["late_share"] - deciles["late_low"]).tolist(),
        "color": BLUE,
        "thickness": 1.2,
    }


def day_chart(by_day: DataFrame) -> go.Figure:
    """Draw the mean predicted risk and the share that was late by day, above a chart of the number of predicted flights.

    For a long history, the mean of seven days is drawn as a bold line, because single days vary with the weather.
    """
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.72, 0.28], vertical_spacing=0.07)
    _style(figure)
    days = [day.isoformat() for day in by_day["flight_date"]]
    _add_share(figure, days, by_day["risk"], "Predicted risk", BLUE, "solid")
    _add_share(figure, days, by_day["late_share"], "Share late", VERMILLION, "dot")
    figure.add_bar(
        x=days,
        y=by_day["flights"].tolist(),
        name="Flights predicted",
        marker={"color": GREY},
        hovertemplate="%{y:,}",
        showlegend=False,
        row=2,
        col=1,
    )
    figure.update_yaxes(title_text="Share of flights", tickformat=PERCENT, rangemode="tozero", row=1, col=1)
    figure.update_yaxes(title_text="Flights", rangemode="tozero", nticks=3, row=2, col=1)
    figure.update_xaxes(title_text="Day of departure, New York", row=2, col=1)
    figure.update_xaxes(tickformat="%-d %b\n%Y", hoverformat="%a %-d %B %Y", dtick=ONE_DAY if len(days) <= 7 else None)
    figure.update_layout(bargap=0.35)
    return figure


def _add_share(figure: go.Figure, days: list[str], share: Series, name: str, colour: str, dash: str) -> None:
    if len(days) <= MOST_SINGLE_DAYS:
        _add_line(figure, days, share, name=name, mode="lines+markers", line={"color": colour, "dash": dash})
        return
    faint = {"color": colour, "width": 1}
    _add_line(figure, days, share, name=f"{name}, a day", mode="lines", line=faint, opacity=0.45, showlegend=False)
    smooth = share.rolling(7, min_periods=4, center=True).mean()
    bold = {"color": colour, "width": 2.5, "dash": dash}
    _add_line(figure, days, smooth, name=f"{name}, 7-day mean", mode="lines", line=bold)


def _add_line(figure: go.Figure, days: list[str], share: Series, **look: object) -> None:
    values = share.astype(object).where(share.notna(), None).tolist()  # type: ignore[call-overload]  # the stubs lack None
    figure.add_scatter(x=days, y=values, hovertemplate="%{y:.1%}", row=1, col=1, **look)


def _figure(x_title: str, y_title: str) -> go.Figure:
    figure = go.Figure()
    _style(figure)
    figure.update_xaxes(title_text=x_title)
    figure.update_yaxes(title_text=y_title, tickformat=PERCENT, rangemode="tozero")
    return figure


def _style(figure: go.Figure) -> None:
    figure.update_layout(
        template="none",
        autosize=True,
        dragmode=False,
        hovermode="x unified",
        margin={"l": 8, "r": 12, "t": 8, "b": 8},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
    # Without fixed ranges, scrolling the page on a phone would zoom the chart instead.
    figure.update_xaxes(automargin=True, fixedrange=True, zeroline=False, title_standoff=8)
    figure.update_yaxes(automargin=True, fixedrange=True, zeroline=False, title_standoff=8, ticklabelstandoff=4)
