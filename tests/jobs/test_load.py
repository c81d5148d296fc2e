"""FeatureStep files by the command, on real invoices and on a package of one's own, and letting rows out of quarantine."""

import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import pytest
from jobs.load import main as load
from jobs.requeue import main as requeue
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tidegate import FeatureStore
from tidegate.cli import COMMANDS
from tidegate.commands.run import REFUSED
from tidegate_examples.online_retail import LOADS

Caught = pytest.CaptureFixture[str]
PACKAGE = """
from pyspark.sql import functions as F, types as T
from tidegate import Csv, FeatureGroup, Field, FeatureStep, Source

FIELDS = (Field("k", T.StringType(), "key"), Field("v", T.DoubleType(), "value"))
WHEN = Field("event_time", T.TimestampType(), "when")
SOURCE = Source("feed", (*FIELDS, WHEN), Csv(nulls=(NULLS)), required=("k",), may_hold_back=1.0)
GROUP = FeatureGroup("of_a_feed", 1, ("k",), FIELDS, "values")
LOADS = (step_of(SOURCE, GROUP, "feed", lambda rows: rows.withColumn("available_at", F.lit(None).cast("timestamp"))),)
"""


def said(captured: Caught) -> str:
    printed = captured.readouterr()
    assert "Traceback" not in printed.err
    return printed.out + printed.err


@pytest.mark.slow
def test_days_of_invoices_are_loaded_once_and_a_changed_one_is_named(
    spark: SparkSession, real_data: Path, tmp_path: Path, capsys: Caught
) -> None:
    days = sorted((real_data / "online_retail" / "by_day").glob("*.csv.gz"))[:3]
    landing = tmp_path / "root" / "landing" / "online_retail" / "invoice_lines"
    landing.mkdir(parents=True)
    for day in days[:2]:
        shutil.copy(day, landing)
    options = ["--system", "online_retail", "--root", str(tmp_path / "root")]
    lines = spark.read.csv([str(day) for day in days[:2]], header=True).agg(F.count("*"), F.count("CustomerID")).first()

    assert load([*options, "--dry-run"]) == 0
    shown = said(capsys)
    assert f"  new: {days[0].name}\n  new: {days[1].name}\n" in shown
    outcomes = f"{lines[1]:,} accepted + 0 quarantined + {lines[0] - lines[1]:,} dropped"
    counts = f"2 new files or versions, {lines[0]:,} rows = {outcomes}"
    assert f"dry run: 1 sources, {counts}; nothing was written" in shown
    assert sorted(path.name for path in (tmp_path / "root").iterdir()) == ["landing"]

    assert load(options) == 0
    *_, outcome, last = capsys.readouterr().out.splitlines()
    assert outcome.startswith(f"source invoice_lines -> feature group purchases_v1, from {landing}: 2 files, {lines[0]:,} rows:")
    assert last == f"done: 1 sources, {counts}"
    store = FeatureStore(spark, str(tmp_path / "root"))
    assert store.read(LOADS[0].group).agg(F.sum("lines")).first()[0] > 1_000
    assert load([*options, "--loaded-until", "2012-01-01T00:00:00+00:00"]) == 0
    assert list(store.catalog.loaded_until([LOADS[0].group]).values()) == [datetime(2012, 1, 1, tzinfo=UTC)]

    shutil.copy(days[2], landing / days[0].name)
    assert load([*options, "--dry-run"]) == REFUSED
    assert f"1 loaded file(s) changed: {days[0].name}. Restore them" in said(capsys)


@pytest.fixture
def options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Options that name a package of one's own, which can be imported."""
    (tmp_path / "company_of_a_test").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield ["--system", "company_of_a_test.shop", "--root", str(tmp_path / "root")]
    for name in [name for name in sys.modules if name.startswith("company_of_a_test")]:
        del sys.modules[name]


def define(tmp_path: Path, nulls: str) -> None:
    """Write the package's module; the next job reads it anew, as another process would."""
    text = PACKAGE.replace("NULLS", nulls)
    (tmp_path / "company_of_a_test" / "shop.py").write_text(text)
    sys.modules.pop("company_of_a_test.shop", None)


@pytest.mark.slow
def test_rows_come_out_of_quarantine_once_the_package_is_mended(
    spark: SparkSession, tmp_path: Path, options: list[str], capsys: Caught
) -> None:
    feed = tmp_path / "landing" / "feed"
    feed.mkdir(parents=True)
    values = {"a": "1.5", "c": "none", "d": "x"}
    lines = ["k,v,event_time", *(f"{key},{value},2024-01-01T00:00:00Z" for key, value in values.items())]
    (feed / "a.csv").write_text("\n".join(lines) + "\n")
    define(tmp_path, "")
    assert load([*options, "--landing", str(feed.parent), "--arrived-at", "2024-02-01T00:00:00+01:00"]) == 0
    assert "1 new files or versions, 3 rows = 1 accepted + 2 quarantined + 0 dropped" in said(capsys)
    define(tmp_path, "'none',")
    assert requeue([*options, "--source", "feed", "--dry-run"]) == 0
    assert "dry run: 1 quarantines, 2 rows held back = 1 released + 1 that stay; nothing was changed" in said(capsys)
    assert requeue([*options, "--known-from", "2024-03-01T00:00:00+00:00"]) == 0
    shown = said(capsys)
    assert "source_feed: 2 rows held back, 1 released, 1 stay; 1 rows read, 1 inserted" in shown
    assert "of_a_feed_v1: 0 rows held back, 0 released, 0 stay" in shown
    assert "done: 2 quarantines, 2 rows held back = 1 released + 1 that stay" in shown
    rows = FeatureStore(spark, str(tmp_path / "root")).read(import_module("company_of_a_test.shop").GROUP)
    shown_rows = rows.select("k", "v", F.date_format("available_at", "MM-dd HH").alias("at")).collect()
    assert {row.k: (row.v, row.at) for row in shown_rows} == {
        "a": (1.5, "01-31 23"),
        "c": (None, "03-01 00"),
    }


def test_what_can_not_be_loaded_is_refused_by_name(tmp_path: Path, options: list[str], capsys: Caught) -> None:
    shop, package = options[:2], "package company_of_a_test.shop"
    define(tmp_path, "")
    for command, arguments, message in [
        (load, ["--system", "online_retial"], "unknown system 'online_retial': package tidegate_examples.online_retial can't be"),
        (load, ["--system", "online_retial"], "which defines LOADS. Did you mean 'online_retail'?"),
        (load, ["--system", "flight_delays"], "package tidegate_examples.flight_delays has no LOADS. Declare in it what"),
        (requeue, ["--system", "nba"], "Examples with LOADS: electricity, online_retail"),
        (load, [*shop, "--source", "fed"], f"{package} has no source 'fed'; available: feed. Did you mean 'feed'?"),
        (requeue, [*shop, "--group", "of_feed"], f"{package} has no feature group 'of_feed'; available: of_a_feed_v1"),
        (requeue, [*shop, "--group", "of_a_feed", "--source", "feed"], "--source and --group name different quarantines"),
        (load, [*shop, "--arrived-at", "2024-01-01"], "--arrived-at"),
        (load, [*shop, "--conf-dir", str(tmp_path)], "base.yml: there is no such file"),
    ]:
        assert command(arguments) == REFUSED
        assert message in said(capsys)
    declared = (tmp_path / "company_of_a_test" / "shop.py").read_text()
    for text, message in [
        ("LOADS = 5\n", "has LOADS of int"),
        (f"{declared}LOADS += LOADS\n", "has LOADS with two entries of the source feed"),
    ]:
        (tmp_path / "company_of_a_test" / "shop.py").write_text(text)
        del sys.modules["company_of_a_test.shop"]
        assert load(shop) == REFUSED
        assert f"{package} {message}" in said(capsys)


def test_the_commands_are_subcommands_and_teach(capsys: Caught) -> None:
    for name, main, words in (("load", load, "--arrived-at"), ("requeue", requeue, "--known-from")):
        assert main(["--help"]) == 0
        shown = said(capsys)
        assert words in shown
        assert f"jobs/{name}.py --system" in shown
        assert name in COMMANDS
