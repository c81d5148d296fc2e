"""Write the sentence above each chart, which says what a reader should see in it."""

from collections.abc import Mapping
from datetime import date

from pandas import DataFrame

# A single odd flight says little about an hour, so the sentence is about hours with at least this many flights, if there are any.
FEWEST_FLIGHTS = 30


def percent(share: float) -> str:
    """Format `0.384` as `38 %`, with a non-breaking space."""
    return f"{100 * share:.0f}\u00a0%"


def words(model: str) -> str:
    """Format `boosted_trees` as `boosted trees`, and `champion` as `earlier champion`.

    The champion that a model was compared with is an earlier one than the champion of today.
    """
    return "earlier champion" if model == "champion" else model.replace("_", " ")


def day_name(day: date) -> str:
    """Format `2013-09-03` as `3 September 2013`."""
    return f"{day.day} {day:%B %Y}"


def hour_reading(by_hour: DataFrame) -> str:
    """Say where and when the risk is highest and lowest."""
    usual = by_hour[by_hour["flights"] >= FEWEST_FLIGHTS]
    compared = by_hour if usual.empty else usual
    high, low = compared.iloc[compared["risk"].argmax()], compared.iloc[compared["risk"].argmin()]
    return (
        f"Flights scheduled from {high['origin']} between {_hour(high['hour'])} have the highest mean risk, "
        f"{percent(high['risk'])}; those from {low['origin']} between {_hour(low['hour'])} the lowest, "
        f"{percent(low['risk'])}."
    )


def reliability_reading(deciles: DataFrame) -> str:
    """Say how many flights were late in the group whose predicted risk is nearest to 40 %."""
    group = deciles.iloc[(deciles["risk"] - 0.4).abs().argmin()]
    return (
        f"Of {int(group['flights']):,} flights given about {percent(group['risk'])} risk, "
        f"{percent(group['late_share'])} were late."
    )


def reliability_note(deciles: DataFrame) -> str:
    """Explain the points of the chart, with the number of flights behind them."""
    return (
        f"On the dashed line, flights were late as often as predicted. {int(deciles['flights'].sum()):,} flights, "
        f"{int(deciles['flights'].min()):,} to {int(deciles['flights'].max()):,} for each point; bars are 95\u00a0% intervals."
    )


def riskiest_reading(flights: DataFrame) -> str:
    """Name the riskiest flight of the day, and say how many of the listed flights with a known outcome were late."""
    first = flights.iloc[0]
    known = flights["delayed"].dropna()
    late = f" Of the {len(known)} listed with a known outcome, {int(known.sum())} were late." if len(known) else ""
    return (
        f"On {day_name(first['flight_date'])} the riskiest of {int(first['day_flights']):,} flights is "
        f"{first['carrier']} {first['flight']} from {first['origin']} to {first['dest']} at "
        f"{first['local_departure']:%H:%M}, with a risk of {percent(first['probability'])}.{late}"
    )


def day_reading(by_day: DataFrame) -> str:
    """Compare the predicted and the observed share over the settled days; without any, give the predicted share only."""
    settled = by_day[by_day["late_share"].notna()]
    if settled.empty:
        mean = (by_day["risk"] * by_day["flights"]).sum() / by_day["flights"].sum()
        return f"The mean predicted risk over {_days(len(by_day))} is {percent(mean)}; outcomes are not known yet."
    risk = (settled["risk"] * settled["flights"]).sum() / settled["flights"].sum()
    late = (settled["late_share"] * settled["known"]).sum() / settled["known"].sum()
    days = _days(len(settled))
    return f"Over {days} with known outcomes the mean risk was {percent(risk)}, and {percent(late)} were late."


def metrics_reading(metrics: Mapping[str, Mapping[str, float]], measure: str = "log_loss") -> str:
    """Say which model has the lowest log loss on the test days."""
    losses = {model: values[measure] for model, values in metrics.items() if measure in values}
    if len(losses) < 2:
        return "Measured on test days that the model did not learn from."
    best, second = sorted(losses, key=losses.__getitem__)[:2]
    return (
        f"On test days that no model learned from, {words(best)} has the lowest log loss, {losses[best]:.4f}; "
        f"next is {words(second)} with {losses[second]:.4f}."
    )


def _hour(hour: float) -> str:
    return f"{int(hour):02d}:00 and {int(hour):02d}:59"


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"
