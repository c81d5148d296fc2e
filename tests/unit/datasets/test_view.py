"""A feature view refuses to contradict itself when it is defined."""

from dataclasses import replace
from datetime import timedelta

import pytest
from pyspark.sql import types as T

from tidegate import FeatureChoice, FeatureGroup, FeatureView, Field
from tidegate.errors import DefinitionError

CITY, STATION = Field("city", T.StringType(), "city"), Field("station", T.StringType(), "station")
PM25, BAD = Field("pm25", T.DoubleType(), "fine dust", "µg/m³"), Field("bad", T.IntegerType(), "1 above the limit")
AIR = FeatureGroup("air", 1, ("station",), (STATION, PM25), "air")
CITIES = FeatureGroup("cities", 1, ("city",), (CITY, PM25), "air of cities")
LABELS = FeatureGroup("days", 1, ("station",), (STATION, CITY, BAD), "days")


def view(*choices: FeatureChoice, targets: tuple[str, ...] = ("bad",), labels: FeatureGroup = LABELS) -> FeatureView:
    return FeatureView("air_tomorrow", 1, LABELS, labels, targets, choices)


def test_view_lists_entity_columns_features_and_groups() -> None:
    chosen = view(
        FeatureChoice(AIR, ("pm25",), timedelta(1)),
        FeatureChoice(CITIES, ("pm25",), timedelta(1), rename={"pm25": "city_pm25"}),
    )
    assert (chosen.entity_columns, chosen.feature_names) == (("station", "city"), ("pm25", "city_pm25"))
    assert chosen.groups == (AIR, CITIES)


def test_equal_views_are_one_in_a_set() -> None:
    renamed = FeatureChoice(AIR, ("pm25",), timedelta(1), rename={"pm25": "fine_dust"})
    assert len({view(renamed), view(replace(renamed)), view(replace(renamed, rename={"pm25": "dust"}))}) == 2


def test_view_refuses_two_features_of_one_name() -> None:
    with pytest.raises(DefinitionError, match="pm25. occurs twice; both would be in one table; rename"):
        view(FeatureChoice(AIR, ("pm25",), timedelta(1)), FeatureChoice(CITIES, ("pm25",), timedelta(1)))


def test_view_refuses_an_unknown_feature_target_or_key() -> None:
    with pytest.raises(DefinitionError, match="no feature 'pm52'; available: pm25. Did you mean 'pm25'"):
        FeatureChoice(AIR, ("pm52",), timedelta(1))
    with pytest.raises(DefinitionError, match="target 'badd' is not in 'days'"):
        view(targets=("badd",))
    with pytest.raises(DefinitionError, match="'air' lacks the entity column.s. city"):
        view(FeatureChoice(CITIES, ("pm25",), timedelta(1)), targets=("pm25",), labels=AIR)
