"""Forgetting an aircraft: from every table and file of the store, and not back by loading its days again."""

from functools import reduce
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from jobs.backfill import main as backfill
from jobs.feature_pipeline import main as feature_pipeline
from jobs.forget import main as forget
from jobs.subject_key import main as subject_key
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from tests.jobs.two_weeks import SYSTEM

from tidegate import FeatureStore
from tidegate.cli import COMMANDS
from tidegate.commands.run import REFUSED
from tidegate.commands.subject_key import subject_key as command
from tidegate.subjects.keyed_hash import SECRET_VARIABLE
from tidegate.tables.read import current_version, read_table

pytestmark = pytest.mark.slow
SECRET = "0123456789abcdef0123456789abcdef"


def personal_tables(spark: SparkSession, store: FeatureStore) -> dict[str, DataFrame]:
    paths = {table.path: store.layout.absolute(table.path) for table in store.tables() if table.subject_columns}
    return {path: read_table(spark, folder, current_version(spark, folder)) for path, folder in paths.items()}


def rows_of_others(spark: SparkSession, store: FeatureStore, tailnum: str) -> dict[str, tuple[int, int]]:
    """Return by table how many rows others have, and how many the aircraft."""
    parts = [rows.select(F.lit(path).alias("path"), "tailnum") for path, rows in personal_tables(spark, store).items()]
    is_forgotten = F.col("tailnum").eqNullSafe(tailnum)
    counted = (
        reduce(DataFrame.unionAll, parts)
        .groupBy("path")
        .agg(F.count_if(~is_forgotten).alias("others"), F.count_if(is_forgotten).alias("own"))
    )
    return {row["path"]: (row["others"], row["own"]) for row in counted.collect()}


def files_holding(root: Path, value: str) -> list[Path]:
    """Every file of the store's tables with the value: Parquet columns decoded, anything else as bytes."""
    found = []
    for file in root.rglob("*"):
        if not file.is_file() or file.is_relative_to(root / "landing") or file.suffix == ".crc":
            continue
        if file.suffix == ".parquet":
            held = any(value in map(str, distinct_values(column)) for column in parquet.ParquetFile(file).read().columns)
        else:
            held = value.encode() in file.read_bytes()
        if held:
            found.append(file)
    return found


def distinct_values(column: pa.ChunkedArray) -> list[object]:
    return column.to_pylist() if pa.types.is_nested(column.type) else column.unique().to_pylist()


@pytest.mark.parametrize("refusals", [False, pytest.param(True, marks=pytest.mark.evidence)], ids=["in short", "with refusals"])
def test_forget_removes_a_subject_everywhere_and_keeps_it_out(
    spark: SparkSession,
    own_root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    refusals: bool,
) -> None:
    monkeypatch.setenv(SECRET_VARIABLE, SECRET)
    store = FeatureStore(spark, str(own_root))
    known = personal_tables(spark, store)["feature_groups/planes_v1"].select("tailnum").distinct()
    predicted = store.predictions("flight_delays").join(known, on="tailnum", how="left_semi")
    busiest = predicted.groupBy("tailnum").count().orderBy(F.desc("count"), "tailnum").first()
    assert busiest is not None
    tailnum = busiest.tailnum
    subjects = tmp_path / "subjects.txt"
    subjects.write_text(f"{tailnum}\n\n{tailnum}\nN0BODY\n")
    request = [*SYSTEM, "--root", str(own_root), "--subjects", str(subjects), "--reference", "case-1"]
    before = rows_of_others(spark, store, tailnum)
    assert len(before) == 8
    kept = {path: (others, 0) for path, (others, _) in before.items()}
    versions = {path: current_version(spark, store.layout.absolute(path)) for path in before}

    assert forget([*request, "--dry-run"]) == 0
    printed = capsys.readouterr().out
    assert "2 people would be forgotten" in printed
    assert "1 of 2 people are not in any table (line 4): " in printed
    assert "dry run: nothing was changed. Next: the same command with --reference CASE and without --dry-run" in printed
    assert {path: current_version(spark, store.layout.absolute(path)) for path in before} == versions
    assert files_holding(own_root, tailnum)

    assert forget(request) == 0
    printed = capsys.readouterr().out
    assert "erased: 2 subjects" in printed
    assert "1 of 2 people are not in any table (line 4): " in printed
    assert not [name for name in (tailnum, "N0BODY") if name in printed]
    assert files_holding(own_root, tailnum) == []
    assert rows_of_others(spark, store, tailnum) == kept
    receipt = store.receipts().first()
    assert receipt is not None
    assert (receipt.result, receipt.reference, len(receipt.subject_hashes)) == ("erased", "case-1", 2)
    assert {table.path for table in receipt.tables if table.rows_removed} >= {
        "predictions/flight_delays",
        "feature_groups/planes_v1",
    }

    again = ["--from", "2013-01-14", "--to", "2013-01-14", "--group", "movements", "--again"]
    assert backfill([*SYSTEM, "--root", str(own_root), *again]) == 0
    assert feature_pipeline([*SYSTEM, "--root", str(own_root), "--day", "2013-01-14"]) == 0
    assert files_holding(own_root, tailnum) == []
    assert rows_of_others(spark, store, tailnum) == kept

    monkeypatch.setenv(SECRET_VARIABLE, SECRET[::-1])
    if refusals:
        assert feature_pipeline([*SYSTEM, "--root", str(own_root), "--day", "2013-01-14"]) == REFUSED
    replaces_a_lost_key([*SYSTEM, "--root", str(own_root)], capsys, refusals)


def replaces_a_lost_key(store: list[str], capsys: pytest.CaptureFixture[str], refusals: bool) -> None:
    """The command of the key, in the store in which somebody was just forgotten with another one."""
    assert COMMANDS["subject-key"] is command
    capsys.readouterr()
    assert subject_key(store) == 0
    printed = capsys.readouterr().out
    assert "people on the suppression list: 2; the store needs the key with fingerprint" in printed
    assert "next: set the right key" in printed
    if refusals:
        assert subject_key([*store, "--dry-run"]) == REFUSED
        assert "need --replace" in capsys.readouterr().err
        assert subject_key([*store, "--replace"]) == REFUSED
        assert "replacing the key needs --reference" in capsys.readouterr().err
    runs: list[tuple[list[str], str]] = [(["--dry-run"], "would be")] if refusals else []
    for options, would in (*runs, ([], "are")):
        assert subject_key([*store, "--replace", "--reference", "case-7", *options]) == 0
        assert f"2 people {would} no longer recognised" in capsys.readouterr().out
    assert subject_key(store) == 0
    assert "nobody is on the suppression list of this store: it needs no key" in capsys.readouterr().out
    if refusals:
        assert subject_key([*store, "--replace", "--reference", "case-8"]) == REFUSED
        assert "none has to be replaced" in capsys.readouterr().err


def test_forget_refuses_without_the_secret_and_changes_nothing(
    spark: SparkSession, own_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(SECRET_VARIABLE, raising=False)
    subjects = tmp_path / "subjects.txt"
    subjects.write_text("N14228\n")
    request = [*SYSTEM, "--root", str(own_root), "--subjects", str(subjects)]
    assert forget(request) == REFUSED
    assert "TIDEGATE_SUBJECT_KEY is not set" in capsys.readouterr().err
    assert not (own_root / "subjects" / "suppression").exists()


def test_forget_refuses_a_table_that_the_map_does_not_know(
    spark: SparkSession, own_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(SECRET_VARIABLE, SECRET)
    spark.range(1).write.format("delta").save(str(own_root / "copies" / "of_somebody"))
    subjects = tmp_path / "subjects.txt"
    subjects.write_text("N14228\n")
    assert forget([*SYSTEM, "--root", str(own_root), "--subjects", str(subjects)]) == REFUSED
    assert "does not contain copies/of_somebody" in capsys.readouterr().err


def test_forget_refuses_an_empty_or_missing_file(
    spark: SparkSession, prepared_root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "empty.txt"
    empty.write_text("\n\n")
    for file, reason in ((empty, "it holds no identifier"), (tmp_path / "missing.txt", "there is no such file")):
        assert forget([*SYSTEM, "--root", str(prepared_root), "--subjects", str(file)]) == REFUSED
        assert reason in capsys.readouterr().err
