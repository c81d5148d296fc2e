"""Rules of splits: how long a gap is, where folds begin, and what is refused."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from pyspark.sql import types as T

from tidegate import (
    Aggregates,
    Binary,
    ByKey,
    ByTime,
    CalendarDays,
    FeatureChoice,
    FeatureGroup,
    FeatureView,
    Field,
    FutureLabels,
    LastRows,
    Model,
    ModelColumns,
    Naive,
    Regression,
    WalkForward,
    count,
    every,
    mean,
)
from tidegate.datasets.spines import TARGET_TIME
from tidegate.datasets.splits import TimeSplit
from tidegate.datasets.view_rows import Span
from tidegate.errors import DefinitionError, ShortPeriodError

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SHOP, PRICE = Field("shop", T.StringType(), "shop"), Field("price", T.DoubleType(), "price", "EUR")
SALES = FeatureGroup("sales", 1, ("shop",), (SHOP, PRICE), "sales", immutable=True, delay=6 * HOUR)
CLOSED = Field("closed", T.IntegerType(), "1: the shop closed")
LABELS = FeatureGroup("closing", 1, ("shop",), (SHOP, CLOSED), "shops", delay=30 * HOUR)
LAST_PRICE = FeatureChoice(SALES, ("price",), timedelta(days=90))
VIEW = FeatureView("shops", 1, LABELS, LABELS, ("closed",), (LAST_PRICE,))
DAILY = every(SALES, "1 day", "18:00", "UTC")
COMING = FutureLabels(SALES, 2 * DAY, {"sold": count()})


def start_of(day: int) -> datetime:
    return datetime(2024, 1, day, tzinfo=UTC)


MONTH = TimeSplit(start_of(1), start_of(16), start_of(22), start_of(31))


def aggregated(**windows: object) -> FeatureView:
    return replace(VIEW, choices=(LAST_PRICE, Aggregates(SALES, {name: count(window=each) for name, each in windows.items()})))  # type: ignore[arg-type]


def of_future(labels: FutureLabels = COMING, **rule: object) -> FeatureView:
    spine = every(SALES, "1 day", "18:00", "UTC", **rule)  # type: ignore[arg-type]
    return FeatureView("shops", 1, spine, labels, ("sold",), (LAST_PRICE,))


@pytest.mark.parametrize(("view", "gap"), [
    (VIEW, 30 * HOUR),  # only the delay of the labels: the look-back of a value is no window
    (aggregated(short=DAY), 30 * HOUR),
    (aggregated(short=DAY, long=7 * DAY), 7 * DAY),
    (aggregated(days=CalendarDays(10, "Europe/Warsaw"), long=7 * DAY), 10 * DAY),
    (aggregated(rows=LastRows(3), all=None), 30 * HOUR),
    (replace(VIEW, choices=(Aggregates(SALES, {"earlier": mean("price", window=2 * DAY, offset=30 * DAY)}),)), 2 * DAY),
    (replace(VIEW, choices=(Aggregates(SALES, {"planned": count(ahead=3 * DAY)}),)), 3 * DAY),
    (of_future(), 2 * DAY + 6 * HOUR),
    (of_future(horizons=(DAY, 4 * DAY)), 2 * DAY + 6 * HOUR),
    (of_future(replace(COMING, anchor=TARGET_TIME), horizons=(DAY, 4 * DAY)), 6 * DAY + 6 * HOUR),
    (of_future(replace(COMING, anchor=TARGET_TIME), horizons="hours of the next day"), 4 * DAY + 6 * HOUR),
])  # fmt: skip
def test_an_automatic_gap_is_the_longest_window_or_the_time_until_a_label_is_known(view: FeatureView, gap: timedelta) -> None:
    assert ByTime("automatic").gap_of(view) == gap
    assert (ByTime().gap_of(view), ByTime(HOUR).gap_of(view)) == (timedelta(0), HOUR)


def test_a_gap_ends_the_training_and_the_validation_rows_earlier() -> None:
    whole = ByTime().spans(MONTH, VIEW)
    assert whole == (Span(start_of(1), start_of(16)), Span(start_of(16), start_of(22)), Span(start_of(22), start_of(31)))
    train, validation, test = ByTime(2 * DAY).spans(MONTH, VIEW)
    assert (train, validation, test) == (Span(start_of(1), start_of(14)), Span(start_of(16), start_of(20)), whole[2])
    with pytest.raises(
        ShortPeriodError, match=r"shops_v1, split by time, gap 6 days.* no validation rows between 2024-01-16T.*Z"
    ):
        ByTime(6 * DAY).spans(MONTH, VIEW)
    with pytest.raises(ShortPeriodError, match="no training rows between .* Take a longer period, or give a shorter gap"):
        ByTime(3_000_000 * DAY).spans(MONTH, VIEW)


def test_folds_cut_the_days_before_the_test_part_into_equal_spans() -> None:
    cuts = [start_of(day) for day in (6, 11, 16, 22)]
    assert WalkForward(3).spans(MONTH) == tuple(Span(*each) for each in pairwise(cuts))
    assert WalkForward(1).spans(MONTH) == (Span(start_of(11), start_of(22)),)
    days = WalkForward(20).spans(MONTH)
    assert len(days) == 20
    assert {each.end - each.start for each in days} == {DAY}
    # 21 days in 13 spans: none is longer than another by more than a day.
    assert {each.end - each.start for each in WalkForward(12).spans(MONTH)} == {DAY, 2 * DAY}
    with pytest.raises(ShortPeriodError, match=r"21 day\(s\) before the test part can't be cut into 22 spans.*folds=20"):
        WalkForward(21).spans(MONTH)


def test_the_entity_of_a_row_is_that_of_the_spine_without_its_target_time() -> None:
    assert ByKey().grouped_by(VIEW) == ("shop",)
    assert ByKey().grouped_by(of_future(horizons=(DAY,))) == ("shop",)
    assert ByKey(("price",)).grouped_by(VIEW) == ("price",)


def test_a_model_refuses_a_split_that_its_view_does_not_have() -> None:
    model = Model("closing", VIEW, Binary(), (Naive(),), columns=ModelColumns((), ("price",)))
    with pytest.raises(
        DefinitionError, match="model 'closing': split: columns names 'pirce', .*shop, price. Did you mean 'price'"
    ):
        replace(model, split=ByKey(("pirce",)))
    by_kind = Aggregates(SALES, {"prices": count(window=DAY, by="shop")})
    with pytest.raises(DefinitionError, match="split: prices is map<string,bigint>, and Spark can't hash a map"):
        replace(model, view=replace(VIEW, choices=(LAST_PRICE, by_kind)), split=ByKey(("prices",)))
    fields = (SHOP, Field(TARGET_TIME, T.TimestampType(), "what it is about"), CLOSED)
    stored = replace(LABELS, entity_key=("shop", TARGET_TIME), fields=fields)
    view = replace(VIEW, spine=stored, labels=stored)
    with pytest.raises(DefinitionError, match=r"nothing says how far after the label time it lies. Give the gap: ByTime\(gap="):
        replace(model, view=view, split=ByTime("automatic"))
    assert Model("closing", view, Binary(), (Naive(),), split=ByTime(DAY)).split == ByTime(DAY)


def test_a_definition_has_its_split_only_where_it_differs_from_the_default() -> None:
    model = Model("sold", of_future(), Regression(), (Naive(),))
    assert "split" not in model.definition.text
    assert replace(model, split=ByTime()).definition == model.definition
    for split, said in (
        (ByTime("automatic"), "by time, gap automatic"),
        (ByTime(2 * DAY), "by time, gap 2 days, 0:00:00"),
        (ByKey(seed=3), "by hash of the entity key, shares 0.6, 0.2, 0.2, seed 3"),
        (WalkForward(2), "walk-forward, 2 fold(s)"),
    ):
        assert f'"{said}"' in replace(model, split=split).definition.text  # type: ignore[arg-type]
