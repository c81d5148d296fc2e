"""Aggregates of a season's results equal a direct computation in SQL on the 49 files that were published during the season.

The direct computation knows nothing of observations that replace each other: at each moment, it reads the newest file.
"""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession
from tests.direct_values import assert_equal, in_order
from tests.replaying import published_states

from tidegate import (
    Aggregates,
    CalendarDays,
    FeatureStore,
    FeatureView,
    LastRows,
    count,
    count_distinct,
    last,
    maximum,
    mean,
    share,
    sum_of,
)
from tidegate_examples.premier_league.results import RESULTS, read_results
from tidegate_examples.published_states import published_at

pytestmark = pytest.mark.slow

DAY = timedelta(days=1)
MICROSECOND = pd.Timedelta(microseconds=1)

MATCHES = {
    "matches": count(),
    "goals_60d": sum_of("home_goals", window=60 * DAY),
    "goals_a_match": mean("home_goals", window=60 * DAY, offset=7 * DAY),
    "most_shots_28d": maximum("home_shots", window=CalendarDays(28, "Europe/London")),
    "opponents_28d": count_distinct("away_team", window=CalendarDays(28, "Europe/London")),
    "share_won": share("result = 'H'"),
    "cards_last_5": sum_of("home_yellow_cards", window=LastRows(5)),
    "last_result": last("result"),
}
AWAY = {"away_cards": sum_of("away_yellow_cards"), "away_cards_60d": sum_of("away_yellow_cards", window=60 * DAY)}
# At each moment, the state that was published last is the truth. Times are in days.
PUBLISHED = """
WITH now AS (SELECT *, (SELECT max(published) FROM result WHERE published <= at) AS newest FROM label),
home AS (
  SELECT number, at, today, result.*, row_number() OVER (PARTITION BY number ORDER BY day DESC) AS place
  FROM now JOIN result ON published = newest AND result.home_team = now.home_team
),
away AS (
  SELECT number, sum(away_yellow_cards) AS away_cards,
    sum(away_yellow_cards) FILTER (WHERE day > at - 60 AND day <= at) AS away_cards_60d
  FROM now JOIN result ON published = newest AND result.away_team = now.away_team GROUP BY number
)
SELECT
  count(home.day) AS matches,
  sum(home_goals) FILTER (WHERE day > home.at - 60 AND day <= home.at) AS goals_60d,
  avg(home_goals) FILTER (WHERE day > home.at - 67 AND day <= home.at - 7) AS goals_a_match,
  max(home_shots) FILTER (WHERE day >= home.today - 28 AND day < home.today) AS most_shots_28d,
  count(DISTINCT home.away_team) FILTER (WHERE day >= home.today - 28 AND day < home.today) AS opponents_28d,
  avg(result = 'H') AS share_won,
  sum(home_yellow_cards) FILTER (WHERE place <= 5) AS cards_last_5,
  max(result) FILTER (WHERE place = 1) AS last_result,
  away_cards, away_cards_60d
FROM now LEFT JOIN home USING (number) LEFT JOIN away USING (number) GROUP BY number ORDER BY number
"""


def test_results_count_as_they_were_published_and_corrected(spark: SparkSession, real_data: Path, tmp_path: Path) -> None:
    store = FeatureStore(spark, str(tmp_path))
    states = published_states(real_data / "football" / "result_snapshots_2024_25")
    rows = read_results(spark, *map(str, states))
    store.write(RESULTS, rows, loaded_until=datetime(2026, 5, 13, tzinfo=UTC))

    published = pd.concat([published_state(path) for path in states], ignore_index=True)
    teams = sorted(set(published["home_team"]))
    pairs = pd.DataFrame({"season": "2024-25", "home_team": teams, "away_team": teams[1:] + teams[:1]})
    known = pd.Series(sorted(set(published["known"])))
    moments = pd.concat([known - MICROSECOND, known, known + DAY], ignore_index=True)
    labels = pairs.merge(moments.rename("event_time"), how="cross")
    by_away = Aggregates(RESULTS, AWAY, key=("season", "away_team"))
    view = FeatureView(
        "form", 1, RESULTS, RESULTS, ("result",), (Aggregates(RESULTS, MATCHES, key=("season", "home_team")), by_away)
    )
    numbered = spark.createDataFrame(labels.reset_index(names="number"))
    found = in_order(store.attach_features(view, numbered), view.feature_names)

    local = labels["event_time"].dt.tz_convert("Europe/London").dt.tz_localize(None)
    labels = labels.assign(at=in_days(labels["event_time"]), today=local.to_numpy().astype("datetime64[D]").astype(int))
    with sqlite3.connect(":memory:") as sql:
        published.assign(published=in_days(published["known"])).drop(columns="known").to_sql("result", sql, index=False)
        sql.execute("CREATE INDEX states ON result (published, home_team)")
        labels.drop(columns="event_time").to_sql("label", sql, index_label="number")
        cursor = sql.execute(PUBLISHED)
        names = [name for name, *_ in cursor.description]
        expected = dict(zip(names, map(list, zip(*cursor, strict=True)), strict=True))
    assert_equal(found, expected)
    # The state of February 6 has one card more for Southampton, at Ipswich, and no new match.
    of_southampton = labels["away_team"] == "Southampton"
    corrected = pd.Timestamp("2025-02-06T02:12:49Z")
    cards = [
        found["away_cards"][of_southampton & (labels["event_time"] == moment)].item()
        for moment in (corrected - MICROSECOND, corrected)
    ]
    assert cards[1] == cards[0] + 1


def published_state(path: Path) -> pd.DataFrame:
    state = pd.read_csv(path)
    written = state["Date"]
    day = pd.to_datetime(written, format="%Y-%m-%d" if written.str.contains("-").all() else "%d/%m/%y")
    names = {"HomeTeam": "home_team", "AwayTeam": "away_team", "FTHG": "home_goals", "FTR": "result", "HS": "home_shots"}
    renamed = state.rename(columns={**names, "HY": "home_yellow_cards", "AY": "away_yellow_cards"})
    kept = renamed[[*names.values(), "home_yellow_cards", "away_yellow_cards"]]
    return kept.assign(day=day.to_numpy().astype("datetime64[D]").astype(int), known=pd.Timestamp(published_at(str(path))))


def in_days(times: pd.Series) -> pd.Series:
    return times.astype("datetime64[us, UTC]").astype("int64") / 86_400_000_000
