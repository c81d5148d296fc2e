"""The columns that identify a match in every source."""

from pyspark.sql import types as T

from tidegate import Field

# Two teams meet twice a season, once at each team's ground. The day is not part of the key, because a match may be moved.
MATCH_KEY = ("season", "home_team", "away_team")
MATCH_FIELDS = (
    Field("season", T.StringType(), "season, such as 2024-25"),
    Field("home_team", T.StringType(), "team whose ground it is"),
    Field("away_team", T.StringType(), "visiting team"),
)
