"""Runs that read few rows get the settings that `short_runs` of the configuration has for them, for as long as they last."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tidegate.commands.opening.short_runs import fitted_session
from tidegate.config import ShortRunSettings, load_store_settings
from tidegate.errors import ConfigurationError

CONF = Path(__file__).resolve().parents[4] / "conf"
MODE = "spark.sql.codegen.factoryMode"
SHORT = load_store_settings(CONF, "a_system").short_runs


@pytest.fixture
def compiling(spark: SparkSession) -> SparkSession:
    """The session as Spark starts it: code is compiled."""
    for key in SHORT.spark:
        spark.conf.unset(key)
    return spark


@pytest.mark.parametrize("rows", [SHORT.most_rows, SHORT.most_rows + 1, 10**12])
def test_many_rows_change_nothing(compiling: SparkSession, rows: int) -> None:
    before = compiling.conf.getAll
    with fitted_session(compiling, SHORT, "a run", rows):
        assert compiling.conf.getAll == before


@pytest.mark.parametrize("rows", [0, SHORT.most_rows - 1])
def test_few_rows_are_interpreted_and_the_session_is_as_before(compiling: SparkSession, rows: int) -> None:
    before = compiling.conf.getAll
    with fitted_session(compiling, SHORT, "a run", rows):
        assert compiling.conf.get(MODE) == "NO_CODEGEN"
        assert compiling.conf.get("spark.sql.codegen.wholeStage") == "false"
        assert compiling.range(3).selectExpr("sum(id) AS total").first() == (3,)
    assert compiling.conf.getAll == before


def test_the_session_is_as_before_after_an_error_too(compiling: SparkSession) -> None:
    compiling.conf.set(MODE, "CODEGEN_ONLY")
    with pytest.raises(RuntimeError), fitted_session(compiling, SHORT, "a run", 0):
        raise RuntimeError
    assert compiling.conf.get(MODE) == "CODEGEN_ONLY"


def test_zero_rows_at_most_means_never(compiling: SparkSession) -> None:
    with fitted_session(compiling, SHORT.model_copy(update={"most_rows": 0}), "a run", 0):
        assert compiling.conf.get(MODE) != "NO_CODEGEN"


@pytest.mark.parametrize("setting", [("spark.sql.warehouse.dir", "x"), (MODE, "sometimes")])
def test_a_setting_that_a_running_session_does_not_take_is_named(compiling: SparkSession, setting: tuple[str, str]) -> None:
    short = ShortRunSettings(most_rows=9, spark={"spark.sql.codegen.wholeStage": "false", **dict([setting])})
    before = compiling.conf.getAll
    with (
        pytest.raises(ConfigurationError, match=f"short_runs.spark: {setting[0]}: '{setting[1]}' can't be set"),
        fitted_session(compiling, short, "a run", 1),
    ):
        pass
    assert compiling.conf.getAll == before
