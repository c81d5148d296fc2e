"""Packages that only load: real invoices and a package of the test's own by the commands, and rows released from quarantine."""

import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import pytest
from jobs.feature_pipeline import main as feature_pipeline
from jobs.requeue import main as requeue
from jobs.run_system import main as run_system
from jobs.training_pipeline import main as training_pipeline
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tidegate import FeatureStore
from tidegate.cli import COMMANDS
from tidegate.commands.run import REFUSED
from tidegate_examples.online_retail.purchases import PURCHASES

Caught = pytest.CaptureFixture[str]
PACKAGE = """
from pyspark.sql import types as T
from tidegate import Csv, FeatureGroup, FeatureStep, Field, Source, System

FIELDS = (Field("k", T.StringType(), "key"), Field("v", T.DoubleType(), "value"))
WHEN = Field("at", T.TimestampType(), "when")
SOURCE = Source("feed", (*FIELDS, WHEN), Csv(nulls=(NULLS)), event_time="at", required=("k",), may_hold_back=1.0)
GROUP = FeatureGroup("of_a_feed", 1, ("k",), FIELDS, "values")
SYSTEM = System("shop", "What does the shop measure?", steps=(FeatureStep(GROUP, (SOURCE,)),))
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

    assert feature_pipeline([*options, "--dry-run"]) == 0
    shown = said(capsys)
    assert f"  new: {days[0].name}\n  new: {days[1].name}\n" in shown
    outcomes = f"{lines[1]:,} accepted + 0 quarantined + {lines[0] - lines[1]:,} dropped"
    counts = f"2 new files or versions, {lines[0]:,} rows = {outcomes}"
    assert f"dry run: 1 sources, {counts}; nothing was written" in shown
    assert sorted(path.name for path in (tmp_path / "root").iterdir()) == ["landing"]

    assert feature_pipeline([*options, "--if-new"]) == 0
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first.startswith(f"source invoice_lines -> invoice_lines_v1: 2 files, {lines[0]:,} rows:")
    assert last == f"done: 1 sources, {counts}; 1 of 1 computed groups had something new"
    store = FeatureStore(spark, str(tmp_path / "root"))
    assert store.read(PURCHASES).agg(F.sum("lines")).first()[0] > 1_000
    versions = store.history(PURCHASES).count()
    assert feature_pipeline([*options, "--if-new"]) == 0
    assert capsys.readouterr().out == "done: no source has anything new\n"
    assert feature_pipeline([*options, "--loaded-until", "2012-01-01T00:00:00+00:00"]) == 0
    *_, last = capsys.readouterr().out.splitlines()
    assert last.endswith(
        "0 new files or versions, 0 rows = 0 accepted + 0 quarantined + 0 dropped; 0 of 1 computed groups had something new"
    )
    assert list(store.catalog.loaded_until([PURCHASES]).values()) == [datetime(2012, 1, 1, tzinfo=UTC)]
    assert store.history(PURCHASES).count() == versions

    shutil.copy(days[2], landing / days[0].name)
    for option in ("--dry-run", "--if-new"):
        assert feature_pipeline([*options, option]) == REFUSED
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
    lines = ["k,v,at", *(f"{key},{value},2024-01-01T00:00:00Z" for key, value in values.items())]
    (feed / "a.csv").write_text("\n".join(lines) + "\n")
    define(tmp_path, "")
    assert feature_pipeline([*options, "--landing", str(feed.parent), "--arrived-at", "2024-02-01T00:00:00+01:00"]) == 0
    assert "1 new files or versions, 3 rows = 1 accepted + 2 quarantined + 0 dropped" in said(capsys)
    define(tmp_path, "'none',")
    assert requeue([*options, "--source", "feed", "--dry-run"]) == 0
    assert "dry run: 1 quarantines, 2 rows held back = 1 released + 1 that stay; nothing was changed" in said(capsys)
    assert requeue([*options, "--known-from", "2024-03-01T00:00:00+00:00"]) == 0
    shown = said(capsys)
    assert "source_feed: 2 rows held back, 1 released, 1 stay; 1 rows read, 1 inserted" in shown
    assert "of_a_feed_v1: 0 rows held back, 0 released, 0 stay" in shown
    assert "done: 2 quarantines, 2 rows held back = 1 released + 1 that stay" in shown
    store = FeatureStore(spark, str(tmp_path / "root"))
    rows = store.read(import_module("company_of_a_test.shop").GROUP)
    shown_rows = rows.select("k", "v", F.date_format("available_at", "MM-dd HH").alias("at")).collect()
    assert {row.k: (row.v, row.at) for row in shown_rows} == {
        "a": (1.5, "01-31 23"),
        "c": (None, "03-01 00"),
    }
    # From the runs `maintain` knows which groups a system has written.
    assert {"source feed", "feature group of_a_feed_v1"} <= {name for row in store.audit.runs().collect() for name in row.details}


def test_what_can_not_be_loaded_is_refused_by_name(
    spark: SparkSession, tmp_path: Path, options: list[str], capsys: Caught
) -> None:
    shop, package = options[:2], "package company_of_a_test.shop"
    define(tmp_path, "")
    for command, arguments, message in [
        (
            feature_pipeline,
            ["--system", "online_retial"],
            "unknown system 'online_retial': package tidegate_examples.online_retial",
        ),
        (feature_pipeline, ["--system", "online_retial"], "which defines SYSTEM. Did you mean 'online_retail'?"),
        (requeue, ["--system", "nba"], "package tidegate_examples.nba has no SYSTEM. Available: electricity, flight_delays"),
        (
            feature_pipeline,
            [*options, "--source", "fed"],
            "system shop has no source 'fed'; available: feed. Did you mean 'feed'?",
        ),
        (requeue, [*options, "--group", "of_feed"], "system shop has no feature group 'of_feed'; available: of_a_feed_v1"),
        (requeue, [*shop, "--group", "of_a_feed", "--source", "feed"], "--source and --group name different quarantines"),
        (feature_pipeline, [*shop, "--arrived-at", "2024-01-01"], "--arrived-at"),
        (feature_pipeline, [*shop, "--conf-dir", str(tmp_path)], "base.yml: there is no such file"),
        (training_pipeline, options, "system 'shop' declares no models; the command needs it. Declare System(..., models="),
        (run_system, options, "system 'shop' declares no models; the command needs it. Declare System(..., models="),
    ]:
        assert command(arguments) == REFUSED
        assert message in said(capsys)
    declared = (tmp_path / "company_of_a_test" / "shop.py").read_text()
    twice = "SYSTEM = System('shop', 'x', steps=(*SYSTEM.steps, FeatureStep(GROUP_2, (replace(SOURCE, may_hold_back=0.5),))))"
    for text, message in [
        ("SYSTEM = 5\n", f"{package} has a SYSTEM of type int, which is no tidegate.System"),
        (
            f"{declared}from dataclasses import replace\nGROUP_2 = replace(GROUP, name='other')\n{twice}\n",
            "source 'feed' is declared in two different ways",
        ),
    ]:
        (tmp_path / "company_of_a_test" / "shop.py").write_text(text)
        del sys.modules["company_of_a_test.shop"]
        assert feature_pipeline(shop) == REFUSED
        assert message in said(capsys)


def test_the_commands_are_subcommands_and_teach(capsys: Caught) -> None:
    commands = (("feature-pipeline", feature_pipeline, "--arrived-at"), ("requeue", requeue, "--known-from"))
    for name, main, words in commands:
        assert main(["--help"]) == 0
        shown = said(capsys)
        assert words in shown
        assert f"jobs/{name.replace('-', '_')}.py --system" in shown
        assert name in COMMANDS
