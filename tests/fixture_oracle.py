"""The fixtures as they stood at a moment, straight from the log: slow and obviously right."""

from datetime import datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import to_arrow_schema

from tidegate_examples.premier_league.fixtures import FIXTURES

KEY = list(FIXTURES.entity_key)
NAMES = {
    "match_date": "event_time",
    "ft_home_goals": "home_goals",
    "ft_away_goals": "away_goals",
    "ht_home_goals": "half_time_home_goals",
    "ht_away_goals": "half_time_away_goals",
}


def states_by_fold(log: pd.DataFrame, moments: list[datetime]) -> pd.DataFrame:
    """All fixtures as of each moment: the last version of each until then, unless it is a deletion."""
    states = []
    for moment in moments:
        last = log[log["observed_at"] <= moment].sort_values("observed_at").groupby(KEY).tail(1)
        states.append(last[last["change_type"] != "delete"].assign(available_at=pd.Timestamp(moment)))
    return pd.concat(states)


def fixture_states(spark: SparkSession, log: Path, moments: list[datetime]) -> DataFrame:
    """The folded states as rows of FIXTURES."""
    folded = states_by_fold(pd.read_parquet(log), moments).rename(columns=NAMES)
    folded["postponed"] = folded["status"] == "postponed"
    folded["event_time"] = pd.to_datetime(folded["event_time"], utc=True)
    table = pa.Table.from_pandas(folded, schema=to_arrow_schema(FIXTURES.schema, timezone="UTC"), preserve_index=False)
    return spark.createDataFrame(table, FIXTURES.schema)


def moments_of(log: Path, season: str | None = None) -> list[datetime]:
    """The moments at which fixtures changed, of one season or of all, in order."""
    versions = pd.read_parquet(log)
    chosen = versions if season is None else versions[versions["season"] == season]
    return [moment.to_pydatetime() for moment in sorted(chosen["observed_at"].unique())]
