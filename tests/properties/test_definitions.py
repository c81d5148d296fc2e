"""Whatever a definition takes is refused where it is defined, if it can't work later: no Spark job is needed to see it."""

import dataclasses
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from pyspark.sql import DataFrame
from pyspark.sql import types as T

import tidegate
from tidegate import (
    BatchExpectation,
    Binary,
    Csv,
    Delta,
    Expectation,
    FeatureChoice,
    FeatureGroup,
    FeatureStep,
    FeatureView,
    FetchedFile,
    Field,
    FullState,
    HttpFile,
    HttpOptions,
    JsonLines,
    Model,
    ModelColumns,
    Multiclass,
    Naive,
    OlderVersion,
    PageInputs,
    Period,
    Quantiles,
    Regression,
    RowChoice,
    Source,
    StateFiles,
    System,
    Wide,
)
from tidegate.errors import DefinitionError

KEY, VALUE, DAY = (
    Field("key", T.StringType(), "key"),
    Field("value", T.DoubleType(), "value"),
    Field("day", T.DateType(), "day"),
)
TARGET, PLACE = Field("target", T.IntegerType(), "target"), Field("place", T.StringType(), "place")
GROUP = FeatureGroup("readings", 1, ("key",), (KEY, VALUE, PLACE, DAY), "readings")
EVENTS = FeatureGroup("events", 1, ("key",), (KEY, VALUE), "events", immutable=True, delay=timedelta(hours=1))
HISTORY = FeatureGroup("history", 1, ("key",), (KEY, VALUE), "history", history="all")
LABELS = FeatureGroup("labels", 1, ("key",), (KEY, TARGET, PLACE), "labels")
CHOICE = FeatureChoice(GROUP, ("value", "day"), timedelta(days=1))
VIEW = FeatureView("view", 1, LABELS, LABELS, ("target",), (CHOICE,))
MOMENT = Field("moment", T.TimestampType(), "moment")
FEED = Source("feed", (KEY, VALUE, MOMENT), Csv(), key=("key",), event_time="moment", by_day=True)


def unchanged(frame: DataFrame) -> DataFrame:
    return frame


def build(feed: DataFrame) -> DataFrame:
    return feed


STEP = FeatureStep(GROUP, (FEED,), build)
MODEL = Model("model", VIEW, Binary(), (Naive(),), columns=ModelColumns((), ("value",)), carried=("place",))
SOURCE = Source("feed", (KEY, VALUE), Csv())
SYSTEM = System("system", "question", "UTC", (STEP,), (MODEL,))
# One of each definition that a user makes.
DEFINITIONS: tuple[Any, ...] = (
    *(KEY, GROUP, CHOICE, VIEW, FEED, STEP, MODEL, SOURCE, SYSTEM),
    *(ModelColumns((), ("value",)), Csv(), JsonLines(), Delta(key=("key",)), StateFiles(), Wide(("key",), ("",), "value")),
    *(
        OlderVersion(GROUP, unchanged),
        tidegate.StepInput(GROUP),
        tidegate.LoadRequest(),
        Period(date(2024, 1, 1), date(2024, 1, 2)),
    ),
    *(Expectation("holds", "value > 0"), BatchExpectation("holds", None, lambda value, moment: None), tidegate.Batch()),
    *(Binary(), Multiclass(("a", "b")), Regression(), Quantiles(), tidegate.Acceptance()),
    *(tidegate.ByTime(timedelta(days=1)), tidegate.ByKey(("place",)), tidegate.WalkForward(2)),
    *(tidegate.BoostedTrees(), tidegate.RandomForest(), tidegate.LogisticRegression(), tidegate.LinearRegression()),
    *(tidegate.XGBoost(), tidegate.Calibrated(tidegate.BoostedTrees()), tidegate.Conformal(tidegate.LinearRegression())),
    *(tidegate.PoissonRegression(), tidegate.Perceptron(), tidegate.LastValue("value"), tidegate.SeasonalNaive("value")),
    *(FullState(datetime(2024, 1, 1, tzinfo=UTC)), RowChoice(start=datetime(2024, 1, 1, tzinfo=UTC))),
    *(HttpFile("https://example.org/a.csv"), HttpOptions()),
    *(tidegate.HtmlTable(position=1), tidegate.Jdbc("jdbc:postgresql://example.org/shop", "updated_at", "prices")),
    *(tidegate.JsonPages("https://example.org/list", tidegate.PageNumber()), tidegate.PageNumber(), tidegate.Offset()),
    *(tidegate.Cursor("next"), tidegate.NextLink()),
    *(tidegate.count(), tidegate.LastRows(3), tidegate.CalendarDays(7, "Europe/Warsaw")),
    tidegate.Aggregates(EVENTS, {"values": tidegate.count()}),
    *(
        tidegate.FutureLabels(EVENTS, timedelta(days=1), {"coming": tidegate.count()}),
        tidegate.every(EVENTS, "1 day", "18:00", "UTC"),
    ),
)
# What the library makes and a user only reads.
RESULTS = {
    FetchedFile,
    PageInputs,
    tidegate.LandedPages,
    tidegate.ModelResults,
    tidegate.TrainedModel,
    tidegate.PredictedModel,
    tidegate.FittedModel,
    tidegate.TrainingRows,
}
EMPTY = {tidegate.Avro, tidegate.Changes, tidegate.Parquet, tidegate.Count, tidegate.Estimator, Naive}
# What a file format returns: it is made of columns, which need a session.
OF_COLUMNS = {tidegate.SplitLine}
# Made of a frame, which needs a session too.
OF_FRAMES = {tidegate.Entities}
DEFINED = [type(each) for each in DEFINITIONS]


def test_every_exported_dataclass_is_looked_at_here() -> None:
    exported = {each for each in map(tidegate.__dict__.get, tidegate.__all__) if dataclasses.is_dataclass(each)}
    assert exported == {*DEFINED, *RESULTS, *EMPTY, *OF_COLUMNS, *OF_FRAMES}


def attributes(wanted: Callable[[Any], bool]) -> list[Any]:
    """Every attribute of every definition whose annotated type is wanted."""
    found = []
    for definition in DEFINITIONS:
        kinds = get_type_hints(type(definition))
        names = [each.name for each in dataclasses.fields(definition) if wanted(kinds[each.name])]
        found += [pytest.param(definition, name, id=f"{type(definition).__name__}.{name}") for name in names]
    return found


def takes(kind: Any, wanted: type) -> bool:
    return kind is wanted or (get_origin(kind) is not tuple and wanted in get_args(kind))


@pytest.mark.parametrize(("definition", "name"), attributes(lambda kind: get_origin(kind) is tuple))
def test_a_bare_text_is_no_tuple(definition: Any, name: str) -> None:
    with pytest.raises(DefinitionError, match=rf"{name} is 'value'; give a tuple, .*such as \('value',\)"):
        dataclasses.replace(definition, **{name: "value"})


@pytest.mark.parametrize(("definition", "name"), attributes(lambda kind: True))
def test_a_value_of_another_type_is_refused(definition: Any, name: str) -> None:
    with pytest.raises(DefinitionError, match=name):
        dataclasses.replace(definition, **{name: Path("value")})


@pytest.mark.parametrize(("definition", "name"), attributes(lambda kind: takes(kind, int) or takes(kind, float)))
def test_true_is_no_number(definition: Any, name: str) -> None:
    with pytest.raises(DefinitionError, match=f"{name} is (True|of type bool); give a"):
        dataclasses.replace(definition, **{name: True})


@pytest.mark.parametrize(("definition", "name"), attributes(lambda kind: get_origin(kind) is tuple))
def test_a_list_is_as_good_as_a_tuple(definition: Any, name: str) -> None:
    value = getattr(definition, name)
    made = dataclasses.replace(definition, **{name: list(value)})
    assert getattr(made, name) == value
    assert isinstance(getattr(made, name), tuple)


@pytest.mark.parametrize(("definition", "name"), attributes(lambda kind: get_origin(kind) is Mapping))
def test_a_dict_that_changes_later_changes_no_definition(definition: Any, name: str) -> None:
    given = dict(getattr(definition, name))
    made = dataclasses.replace(definition, **{name: given})
    given.clear()
    assert getattr(made, name) == getattr(definition, name)


FORBIDDEN = " ,;{}()=*\n\t\r\v\f.`'\"\\\0\x1f\x7f\u00a0\u2003\u2028\u200b\ufeff"
WORDS = "größe straße 1st 2e5 select order group table null a-b a:b a/b 50% #n € Δt 温度 🚲 A a_b end-"
ALLOWED = (*re.split(" ", WORDS), *"@~+|<>[]$?!&^", "@home", "a+b", "<a>", "[a]", "a!", "x" * 255)


# Inside a column no query takes a name apart.
INSIDE = ".*`'\"\\"


def bad_names(inside: bool = False) -> Iterator[str]:
    yield from ("", "x" * 256, *([] if inside else [".."]))
    for letter in (letter for letter in FORBIDDEN if not inside or letter not in INSIDE):
        yield from (letter, f"{letter}a", f"a{letter}", f"a{letter}b")
    yield from (chr(code) for code in range(0x3000) if unicodedata.category(chr(code)) in {"Zs", "Zl", "Zp", "Cc", "Cf"})


def field(name: str, kind: T.DataType | None = None) -> Field:
    return Field(name, kind or T.StringType(), "what it means")


def holding(kind: T.DataType) -> FeatureGroup:
    return FeatureGroup("g", 1, ("key",), (KEY, field("v", kind)), "g")


def struct_of(*names: str) -> T.StructType:
    return T.StructType([T.StructField(name, T.StringType()) for name in names])


# Every place where a definition takes the name of a column; each gives one to which it adds a name.
PLACES: dict[str, Callable[[str], Any]] = {
    "field": lambda name: FeatureGroup("g", 1, ("key",), (KEY, field(name)), "g"),
    "entity key": lambda name: FeatureGroup("g", 1, (name,), (field(name), VALUE), "g"),
    "rename": lambda name: FeatureChoice(GROUP, ("value",), None, rename={"value": name}),
    "source": lambda name: Source("feed", (KEY, field(name)), Csv()),
    "in a struct": lambda name: holding(T.StructType([T.StructField("inner", struct_of(name))])),
    "in an array": lambda name: holding(T.ArrayType(T.ArrayType(struct_of(name)))),
    "in a map": lambda name: holding(T.MapType(T.StringType(), T.ArrayType(struct_of(name)))),
    "in a map's key": lambda name: holding(T.MapType(struct_of(name), T.StringType())),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_column_name_that_cannot_be_stored_is_refused(place: str) -> None:
    inside = place.startswith("in a")
    for name in bad_names(inside):
        with pytest.raises(DefinitionError) as refused:
            PLACES[place](name)
        assert repr(name[:80])[:-1] in str(refused.value) or repr(name)[:-1] in str(refused.value), name
    for name in (*ALLOWED, *([f"a{letter}b" for letter in INSIDE] if inside else [])):
        PLACES[place](name)


TWICE: dict[str, Callable[[str, str], Any]] = {
    "fields": lambda one, two: FeatureGroup("g", 1, ("key",), (KEY, field(one), field(two)), "g"),
    "key and field": lambda one, two: FeatureGroup("g", 1, (one,), (field(one), field(two)), "g"),
    "inside": lambda one, two: FeatureGroup("g", 1, ("key",), (KEY, field("v", T.ArrayType(struct_of(one, two)))), "g"),
    "source": lambda one, two: Source("feed", (field(one), field(two)), JsonLines()),
    "headers": lambda one, two: Source("feed", (KEY, VALUE), Csv(), headers={"key": one, "value": two}),
    "two renames": lambda one, two: FeatureChoice(GROUP, ("value", "day"), None, rename={"value": one, "day": two}),
    "feature and feature": lambda one, two: FeatureView("v", 1, LABELS, LABELS, (), (renamed("value", one), renamed("day", two))),
    "feature and target": lambda one, two: FeatureView("v", 1, LABELS, targets_of(one), (one,), (renamed("value", two),)),
    "feature and entity column": lambda one, two: FeatureView("v", 1, entity(one), entity(one), (), (of_entity(one, two),)),
    "targets": lambda one, two: FeatureView("v", 1, LABELS, targets_of(one, two), (one, two), (CHOICE,)),
    "carried and feature": lambda one, two: Model("m", carrying(one, two), Binary(), (Naive(),), carried=(one,)),
    "model columns": lambda one, two: ModelColumns((one,), (two,)),
    "inputs of a step": lambda one, two: FeatureStep(HISTORY, tuple(entity_of(name) for name in (one, two)), build),
    "groups of steps": lambda one, two: System("s", "question", steps=tuple(step_of(name) for name in (one, two))),
}  # fmt: skip


def renamed(name: str, new: str) -> FeatureChoice:
    return FeatureChoice(GROUP, (name,), None, rename={name: new})


def targets_of(*names: str) -> FeatureGroup:
    return FeatureGroup("labels", 1, ("key",), (KEY, *(field(name, T.IntegerType()) for name in dict.fromkeys(names))), "labels")


def entity(name: str) -> FeatureGroup:
    return FeatureGroup("g", 1, (name,), (field(name), VALUE), "g")


def of_entity(key: str, new: str) -> FeatureChoice:
    return FeatureChoice(entity(key), ("value",), None, rename={"value": new})


def carrying(carried: str, new: str) -> FeatureView:
    spine = FeatureGroup("labels", 1, ("key",), (KEY, field(carried), TARGET), "labels")
    return FeatureView("v", 1, spine, spine, ("target",), (renamed("value", new),))


def entity_of(name: str) -> FeatureGroup:
    return FeatureGroup(name, 1, ("key",), (KEY, VALUE), "g")


def step_of(name: str) -> FeatureStep:
    return FeatureStep(entity_of(name), (FEED,))


@pytest.mark.parametrize("place", TWICE)
def test_two_names_that_spark_takes_for_one_are_refused(place: str) -> None:
    TWICE[place]("temp", "other")
    plain = place in {"groups of steps", "inputs of a step"}
    pairs = [("temp", "Temp"), ("TEMP", "temp"), ("temp", "temp"), *([] if plain else [("größe", "GRÖẞE"), ("Ωs", "ωS")])]
    for one, two in pairs:
        with pytest.raises(DefinitionError) as refused:
            TWICE[place](one, two)
        assert two in str(refused.value), (one, two)


# Names that become folders, files, models.
NAMED: dict[str, Callable[[str], Any]] = {
    "group": lambda name: FeatureGroup(name, 1, ("key",), (KEY, VALUE), "g"),
    "view": lambda name: FeatureView(name, 1, LABELS, LABELS, (), (CHOICE,)),
    "system": lambda name: dataclasses.replace(SYSTEM, name=name),
    "model": lambda name: dataclasses.replace(MODEL, name=name),
    "source": lambda name: Source(name, (KEY,), Csv()),
}


UNUSABLE = ("", ".", "..", "a/b", "/a", "../a", "a%20b", "a:b", "a\\b", "größe", "_a", ".a", "1a", "a\n", "x" * 129, "a.b", "🚲")


@pytest.mark.parametrize("place", NAMED)
def test_a_name_that_no_folder_can_have_is_refused(place: str) -> None:
    for name in (*UNUSABLE, *FORBIDDEN):
        with pytest.raises(DefinitionError) as refused:
            NAMED[place](name)
        assert repr(name[:80])[:-1] in str(refused.value), name
    for name in ["a", "flight_delays", "x" * 128, "a1", "z_9"]:
        NAMED[place](name)


SLIPS: dict[str, Callable[[], Any]] = {
    "lookback of 0": lambda: FeatureChoice(GROUP, ("value",), timedelta(0)),
    "negative lookback": lambda: FeatureChoice(GROUP, ("value",), -timedelta(days=1)),
    "endless lookback": lambda: FeatureChoice(GROUP, ("value",), timedelta.max),
    "no feature": lambda: FeatureChoice(GROUP, (), None),
    "no choice": lambda: dataclasses.replace(VIEW, choices=()),
    "rename of what is not chosen": lambda: FeatureChoice(GROUP, ("value",), None, rename={"place": "where"}),
    "version 0": lambda: dataclasses.replace(GROUP, version=0),
    "view version 0": lambda: dataclasses.replace(VIEW, version=0),
    "negative delay": lambda: dataclasses.replace(GROUP, delay=-timedelta(seconds=1)),
    "negative retention": lambda: dataclasses.replace(GROUP, retention=-timedelta(days=1)),
    "negative expected_rows": lambda: dataclasses.replace(GROUP, expected_rows=-1),
    "map as key": lambda: FeatureGroup("g", 1, ("m",), (field("m", T.MapType(T.StringType(), T.StringType())),), "g"),
    "type as class": lambda: Field("a", T.StringType, "a"),  # type: ignore[arg-type]
    "other key type": lambda: FeatureView("v", 1, LABELS, LABELS, (), (FeatureChoice(typed(T.LongType()), ("value",), None),)),
    "unknown zone": lambda: dataclasses.replace(SOURCE, zone="Europe/Warschau"),
    "unknown zone of a system": lambda: dataclasses.replace(SYSTEM, zone="CEST/DST"),
    "unknown zone of a period": lambda: Period(date(2024, 1, 1), date(2024, 1, 1), "Mars"),
    "negative look-back": lambda: tidegate.reads(GROUP, before=-timedelta(days=1)),
    "negative look-ahead": lambda: tidegate.reads(GROUP, after=-timedelta(days=1)),
    "person who could not be forgotten": lambda: FeatureStep(HISTORY, (dataclasses.replace(EVENTS, subject="key"),), build),
    "step without an input": lambda: FeatureStep(GROUP, (), build),
    "step over its own group": lambda: FeatureStep(HISTORY, (HISTORY,), build),
    "step over groups without code": lambda: FeatureStep(HISTORY, (GROUP,)),
    "computed group that forgets": lambda: FeatureStep(GROUP, (EVENTS,), build),
    "copied field of another type": lambda: FeatureStep(typed(T.LongType()), (FEED,)),
    "copied field that is not there": lambda: FeatureStep(GROUP, (FEED,)),
    "copy without an event time": lambda: FeatureStep(entity_of("g"), (SOURCE,)),
    "stored source without a key": lambda: tidegate.reads(dataclasses.replace(FEED, key=())),
    "stored source without a time": lambda: tidegate.reads(SOURCE),
    "event time that is no time": lambda: dataclasses.replace(FEED, event_time="value"),
    "two sources of one name": lambda: System("s", "q", steps=(STEP, FeatureStep(entity_of("g"), (SOURCE,), build))),
    "steps in a circle": lambda: System("s", "q", steps=(circle("one", "two"), circle("two", "one"))),
    "SQL file that is not there": lambda: FeatureStep(HISTORY, (GROUP,), Path("nowhere.sql")),
    "unknown carried": lambda: dataclasses.replace(MODEL, carried=("plaec",)),
    "unknown model column": lambda: dataclasses.replace(MODEL, columns=ModelColumns((), ("valeu",))),
    "unknown day": lambda: dataclasses.replace(MODEL, day="dya"),
    "text as number": lambda: dataclasses.replace(MODEL, columns=ModelColumns((), ("key",))),
    "number as category": lambda: dataclasses.replace(MODEL, columns=ModelColumns(("value",), ())),
    "no day": lambda: dataclasses.replace(MODEL, day="value"),
    "no model column": lambda: ModelColumns((), ()),
    "no target": lambda: dataclasses.replace(MODEL, view=dataclasses.replace(VIEW, targets=())),
    "text target": lambda: dataclasses.replace(MODEL, view=dataclasses.replace(VIEW, targets=("place",))),
    "unknown target": lambda: dataclasses.replace(MODEL, target="traget"),
    "classes of a number": lambda: dataclasses.replace(MODEL, task=Multiclass(("a", "b"))),
    "weight that is a feature": lambda: dataclasses.replace(MODEL, weight="value"),
    "page without models": lambda: System("s", "q", write_page=lambda inputs: None),
    "two models of one name": lambda: System("s", "q", models=(MODEL, MODEL)),
    "threshold above 1": lambda: Binary(threshold=1.5),
    "threshold NaN": lambda: Binary(threshold=float("nan")),
    "quantiles that fall": lambda: Quantiles((0.9, 0.1)),
    "quantile 0": lambda: Quantiles((0.0, 0.5)),
    "one class": lambda: Multiclass(("a",)),
    "two classes of one column": lambda: Multiclass(("a b", "a-b")),
    "worst slice of no column": lambda: tidegate.Acceptance(worst_slice_at_most=1.5),
    "slices of a number": lambda: dataclasses.replace(MODEL, accept=tidegate.Acceptance(slices=("value",))),
    "unknown group": lambda: dataclasses.replace(MODEL, accept=tidegate.Acceptance(group="kye")),
    "another loss": lambda: Regression("cubic"),  # type: ignore[arg-type]
    "gap of 0": lambda: tidegate.ByTime(timedelta(0)),
    "endless gap": lambda: tidegate.ByTime(timedelta.max),
    "another gap": lambda: tidegate.ByTime("auto"),  # type: ignore[arg-type]
    "two shares": lambda: tidegate.ByKey(shares=(0.5, 0.5)),
    "a share of 0": lambda: tidegate.ByKey(shares=(0.5, 0.5, 0.0)),
    "shares above 1": lambda: tidegate.ByKey(shares=(0.6, 0.3, 0.2)),
    "share NaN": lambda: tidegate.ByKey(shares=(float("nan"), 0.5, 0.5)),
    "seed of 65 bits": lambda: tidegate.ByKey(seed=2**63),
    "column twice": lambda: tidegate.ByKey(("place", "place")),
    "no fold": lambda: tidegate.WalkForward(0),
    "split by an unknown column": lambda: dataclasses.replace(MODEL, split=tidegate.ByKey(("plaec",))),
    "at_least NaN": lambda: tidegate.at_least("value", float("nan")),
    "at_most None": lambda: tidegate.at_most("value", None),  # type: ignore[arg-type]
    "between NaN": lambda: tidegate.between("value", 0, float("nan")),
    "null_share NaN": lambda: tidegate.null_share("value", float("nan")),
    "changed_at_most NaN": lambda: tidegate.changed_at_most(float("nan")),
    "length": lambda: tidegate.length_between("key", 5, 1),
    "unique of a text": lambda: tidegate.unique("key"),
    "one_of a text": lambda: tidegate.one_of("key", "ab"),
    "another history": lambda: dataclasses.replace(GROUP, history="al"),  # type: ignore[arg-type]
    "another action": lambda: Expectation("x", "value > 0", "quarantin"),  # type: ignore[arg-type]
    "personal text": lambda: HttpOptions(headers="Authorization: secret"),  # type: ignore[arg-type]
}  # fmt: skip


def typed(kind: T.DataType) -> FeatureGroup:
    return FeatureGroup("typed", 1, ("key",), (field("key", kind), VALUE), "typed")


def circle(name: str, read: str) -> FeatureStep:
    groups = [dataclasses.replace(HISTORY, name=each) for each in (name, read)]
    return FeatureStep(groups[0], (groups[1],), build)


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_refused_when_it_is_defined(slip: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        SLIPS[slip]()
    assert "secret" not in str(refused.value)


READING = {
    "not_null": lambda name: tidegate.not_null(name), "not_empty": lambda name: tidegate.not_empty(name),
    "at_least": lambda name: tidegate.at_least(name, 0), "at_most": lambda name: tidegate.at_most(name, 0),
    "between": lambda name: tidegate.between(name, 0, 1), "finite": lambda name: tidegate.finite(name),
    "one_of": lambda name: tidegate.one_of(name, [1]), "matches": lambda name: tidegate.matches(name, "a"),
    "length_between": lambda name: tidegate.length_between(name, 0, 1), "after": lambda name: tidegate.after("value", name),
    "one_of_these_set": lambda name: tidegate.one_of_these_set(["value", name]), "unique": lambda name: tidegate.unique([name]),
    "null_share": lambda name: tidegate.null_share(name, 0.5), "fresh": lambda name: tidegate.fresh(name, timedelta(1)),
    "changed_at_most": lambda name: tidegate.changed_at_most(0.5, "null_share", name),
    "refers_to": lambda name: tidegate.refers_to([name], LABELS),
}  # fmt: skip


def test_every_ready_expectation_is_looked_at() -> None:
    ready = {name for name in tidegate.expectations.__all__ if name[0].islower()}
    assert ready - {"row_count"} == set(READING)


@pytest.mark.parametrize("name", READING)
def test_an_expectation_of_a_column_that_is_not_there_is_refused(name: str) -> None:
    def declared(column: str) -> None:
        made = READING[name](column)
        of_rows, of_batches = ((made,), ()) if isinstance(made, Expectation) else ((), (made,))
        dataclasses.replace(GROUP, expectations=of_rows, batch_expectations=of_batches)
        if not isinstance(made, BatchExpectation) or made.relation is None:
            dataclasses.replace(SOURCE, expectations=of_rows, batch_expectations=of_batches)

    declared("value")
    with pytest.raises(DefinitionError, match=r"'valeu'.* Did you mean 'value'"):
        declared("valeu")


def test_a_view_may_choose_twice_from_one_group_and_without_a_limit() -> None:
    short, long = renamed("value", "of_a_day"), FeatureChoice(GROUP, ("value",), None, rename={"value": "ever"})
    view = FeatureView("v", 1, LABELS, LABELS, ("target",), (short, long, FeatureChoice(LABELS, ("place",), timedelta(1))))
    assert view.choice_names == ("readings", "readings_2", "labels")
    assert view.groups == (GROUP, LABELS)


@pytest.mark.parametrize(("kind", "said"), [
    (T.DayTimeIntervalType(), "can't store an interval; declare a number"),
    (T.YearMonthIntervalType(), "can't store an interval"),
    (T.CalendarIntervalType(), "can't store an interval"),
    (T.CharType(3), "declare string"),
    (T.VarcharType(3), "declare string"),
    (T.StringType("UTF8_LCASE"), "can't store a collation; declare string"),
    (T.VariantType(), "declare a struct, or a string that contains JSON"),
    (T.NullType(), "declare the type of the values"),
    (T.StructType([]), "declare at least one field"),
])  # fmt: skip
def test_a_type_that_no_table_can_hold_is_refused_wherever_it_stands(kind: T.DataType, said: str) -> None:
    inside = T.StructType([T.StructField("part", kind)])
    for whole in (kind, T.ArrayType(kind), T.MapType(T.StringType(), kind), inside, T.ArrayType(inside)):
        with pytest.raises(DefinitionError, match=f"field 'value' is .*{said}"):
            Field("value", whole, "a value")


def test_what_a_message_says_of_a_model_column_can_be_done() -> None:
    kinds = (
        T.StringType(), T.DoubleType(), T.DecimalType(3, 1), T.BooleanType(), T.DateType(), T.TimestampType(), T.BinaryType(),
        T.ArrayType(T.DoubleType()),
    )  # fmt: skip
    for kind in kinds:
        group = dataclasses.replace(GROUP, fields=(KEY, Field("value", kind, "value")))
        view = dataclasses.replace(VIEW, choices=(FeatureChoice(group, ("value",), None),))
        said = {}
        for role, columns in (("categorical", ModelColumns(("value",), ())), ("numeric", ModelColumns((), ("value",)))):
            try:
                dataclasses.replace(MODEL, view=view, columns=columns)
            except DefinitionError as error:
                said[role] = str(error)
        for role, other in (("categorical", "numeric"), ("numeric", "categorical")):
            if f"name it as {other}" in said.get(role, ""):
                assert other not in said, kind
        assert len(said) < 2 or all("ompute one of them in the feature group" in each for each in said.values()), kind


def test_a_column_is_not_called_as_mllib_calls_its_rows() -> None:
    for columns in ((("a__THIS__",), ()), ((), ("a__THIS__b",))):
        with pytest.raises(DefinitionError, match="'a__THIS__b?' contains __THIS__, which MLlib replaces by the name"):
            ModelColumns(*columns)
