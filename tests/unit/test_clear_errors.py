"""What fails inside leaves the library as one clear error, and no value of a row with it."""

import inspect
import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tidegate import FeatureStore
from tidegate.clear_errors import described, with_clear_errors
from tidegate.commands.run import run_application
from tidegate.errors import UnexpectedError, UsageError
from tidegate.feature_store.audit import Audit
from tidegate.feature_store.catalog import Catalog
from tidegate.feature_store.releases import Releases

SECRET = "ann@example.com"


def verbs_of(group: type) -> list[str]:
    return [name for name, verb in vars(group).items() if inspect.isfunction(verb) and not name.startswith("_")]


def verbs() -> list[tuple[type, str, str]]:
    return [
        (group, verb, parameter)
        for group in (FeatureStore, Catalog, Audit, Releases)
        for verb in verbs_of(group)
        for parameter in inspect.signature(getattr(group, verb)).parameters
        if parameter != "self"
    ]


def test_a_store_has_at_most_15_verbs_and_none_twice() -> None:
    assert len(verbs_of(FeatureStore)) <= 15
    # The class checks arguments of inherited methods too, or the tests below would not see them.
    assert {"read", "forget"} < {*verbs_of(FeatureStore)}
    assert not {*verbs_of(FeatureStore)} & {*verbs_of(Catalog), *verbs_of(Audit)}
    assert not {*verbs_of(Catalog)} & {*verbs_of(Audit)}
    assert not {*verbs_of(Releases)} & {*verbs_of(FeatureStore), *verbs_of(Catalog), *verbs_of(Audit)}


@pytest.mark.parametrize(("group", "verb", "parameter"), verbs())
def test_a_verb_refuses_an_argument_of_another_type(group: type, verb: str, parameter: str) -> None:
    store = object.__new__(group)
    parameters = inspect.signature(getattr(group, verb)).parameters
    needed = [name for name, each in parameters.items() if each.default is each.empty and name != "self"]
    # What comes before `*steps` can only be given by its place.
    by_place = [each.kind for each in parameters.values()].count(inspect.Parameter.VAR_POSITIONAL) and len(needed)
    named = {name: object() for name in [*needed[by_place:], parameter] if name not in needed[:by_place]}
    with pytest.raises(UsageError, match=rf"{group.__name__}\.{verb}: \w+ is of type object; give "):
        getattr(store, verb)(*[object() for _ in needed[:by_place]], **named)


def test_a_store_takes_a_path_and_refuses_what_is_no_session(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="FeatureStore: spark is of type str; give a SparkSession"):
        FeatureStore("local", str(tmp_path))  # type: ignore[arg-type]


def quoting(frame: DataFrame) -> dict[str, Callable[[], object]]:
    """Computations whose errors quote the value."""
    at_worker = F.udf(lambda text: int(text), "int")
    return {
        "cast": lambda: frame.select(F.col("who").cast("int")).collect(),
        "worker": lambda: frame.select(at_worker("who")).collect(),
        "raised": lambda: frame.select(F.raise_error(F.concat(F.lit("who is "), "who"))).collect(),
        "plan": lambda: frame.where(F.col("who") == SECRET).select("missing"),
        "schema": lambda: frame.sparkSession.createDataFrame([(SECRET,)], "who int"),
        "java": lambda: frame.sparkSession._jvm.java.lang.Integer.parseInt(SECRET),  # type: ignore[union-attr]
        "driver": lambda: int(SECRET),
        "key": lambda: {}[SECRET],
    }


def test_no_error_shows_a_value_of_a_row_not_even_in_the_file(spark: SparkSession) -> None:
    for name, action in quoting(spark.createDataFrame([(SECRET,)], "who string")).items():
        with pytest.raises(Exception, match=SECRET) as raised:  # it does quote the value
            action()
        error = described("job", raised.value)
        assert isinstance(error, UnexpectedError)
        path = Path(str(error).split("The stack trace is in ", 1)[1].split(".txt", 1)[0] + ".txt")
        report = path.read_text()
        path.unlink()
        assert SECRET not in str(error) + report, name
        assert Path(__file__).name in report, name
        assert str(error).count("\n") == 0


def test_the_condition_and_the_column_of_an_error_of_spark_stay(spark: SparkSession) -> None:
    with pytest.raises(PySparkException) as raised:
        spark.range(1).select("missing")
    message = str(described("job", raised.value))
    assert "[UNRESOLVED_COLUMN.WITH_SUGGESTION]" in message
    assert "`missing`" in message


def test_only_this_user_reads_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    described("job", ValueError("x"))
    [file] = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "not there"))
    assert "could not be written" in str(described("job", ValueError("x")))


def broken_command() -> None:
    """Fail as code does."""
    raise KeyError(SECRET)


def test_a_command_prints_one_line_and_ends_with_1(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    application = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    application.command()(broken_command)
    assert run_application(application, [], "broken") == 1
    said = capsys.readouterr().err
    assert said.startswith("error: broken failed: KeyError in ")
    assert said.count("\n") == 1
    assert "Traceback" not in said
    assert SECRET not in said
    monkeypatch.setenv("TIDEGATE_DEBUG", "1")
    with pytest.raises(KeyError, match=SECRET):
        run_application(application, [], "broken")


def test_a_verb_raises_an_error_of_tidegate_in_place_of_sparks() -> None:
    @with_clear_errors
    class Verbs:
        def fail(self) -> None:
            """Fail as Spark does."""
            raise PySparkException(errorClass="ATTRIBUTE_NOT_SUPPORTED", messageParameters={"attr_name": "rdd"})

        def stop(self) -> None:
            """Fail as a caller's own code does."""
            raise ValueError("mine")

    with pytest.raises(UnexpectedError, match=r"Verbs\.fail failed: PySparkException: \[ATTRIBUTE_NOT_SUPPORTED\]"):
        Verbs().fail()
    with pytest.raises(ValueError, match="mine"):
        Verbs().stop()


def test_a_mistake_inside_a_library_leaves_a_verb_as_an_error_of_tidegate() -> None:
    # Nothing but Python's own library runs below this verb: it misses an attribute there.
    verbs = with_clear_errors(type("Verbs", (), {"decode": json.JSONDecoder.decode}))
    with pytest.raises(UnexpectedError, match=r"Verbs\.decode failed: AttributeError in .*decoder\.py"):
        verbs().decode("{}")  # type: ignore[attr-defined]
