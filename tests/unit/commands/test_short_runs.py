"""Runs of few days get the settings that `short_runs` of the configuration has for them."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tidegate.commands.context import Context
from tidegate.commands.short_runs import fit_session
from tidegate.config import ShortRunSettings, load_settings
from tidegate.errors import ConfigurationError
from tidegate.period import Period
from tidegate.tables.layout import Layout
from tidegate_examples.flight_delays import SYSTEM

CONF = Path(__file__).resolve().parents[3] / "conf"
MODE = "spark.sql.codegen.factoryMode"


@pytest.fixture
def context(spark: SparkSession, tmp_path: Path) -> Context:
    return Context(SYSTEM, load_settings(CONF, SYSTEM.name), spark, Layout(str(tmp_path)))


def days(last: int) -> Period:
    return Period(date(2013, 1, 1), date(2013, 1, last), "UTC")


def test_fit_session_changes_nothing_for_a_long_period(context: Context) -> None:
    before = context.spark.conf.getAll
    fit_session(context, days(8))
    assert context.spark.conf.getAll == before


def test_fit_session_interprets_the_rows_of_a_week(context: Context) -> None:
    fit_session(context, days(7))
    assert context.spark.conf.get(MODE) == "NO_CODEGEN"
    assert context.spark.conf.get("spark.sql.codegen.wholeStage") == "false"
    assert context.spark.range(3).selectExpr("sum(id) AS total").first() == (3,)


@pytest.mark.parametrize("setting", [("spark.sql.warehouse.dir", "x"), (MODE, "sometimes")])
def test_fit_session_names_a_setting_that_a_running_session_does_not_take(context: Context, setting: tuple[str, str]) -> None:
    short_runs = ShortRunSettings(most_days=1, spark=dict([setting]))
    settings = context.settings.model_copy(update={"short_runs": short_runs})
    with pytest.raises(ConfigurationError, match=f"short_runs.spark: {setting[0]}: '{setting[1]}' can't be set"):
        fit_session(replace(context, settings=settings), days(1))
