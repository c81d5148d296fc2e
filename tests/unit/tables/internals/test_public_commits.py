"""Where an upgrade took private names away, every way to commit writes the same rows by public commands, and logs that once."""

import ast
import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T
from tests.hidden_names import hidden
from tests.rows_as_text import rows_as_text
from tests.writing import write_rows

from tidegate import Batch, FeatureGroup, FeatureStore, Field
from tidegate.errors import PrivateNameGoneError, UnreadableLogError
from tidegate.feature_groups.definition import BUCKET, EVENT_TIME
from tidegate.feature_groups.writing.delete import Deletion, RowChoice, delete_rows_of
from tidegate.feature_groups.writing.write_sizes import WriteSizes
from tidegate.maintenance.groups import rebucket_group
from tidegate.sources.formats.parquet import file_columns
from tidegate.tables.checkpoint import checkpointed, checkpointed_wide
from tidegate.tables.commits.commit_metadata import Commit
from tidegate.tables.commits.few_rows import append_few
from tidegate.tables.create import TableShape, create_table, remove_table
from tidegate.tables.delta_log.files import data_files
from tidegate.tables.delta_log.table_log import open_log
from tidegate.tables.estimate import estimated_bytes
from tidegate.tables.internals import names
from tidegate.tables.internals.lookup import is_there, missing_names
from tidegate.tables.internals.names import ALL, PrivateNames
from tidegate.tables.old_log import remove_old_log
from tidegate.tables.protect import protect_columns
from tidegate.tables.purge import purge_deleted_rows
from tidegate.tables.read import current_version, read_table, table_history, table_state, table_tokens
from tidegate.tables.rewrite import NewShape, rearrange, reshape
from tidegate.tables.row_by_row import why_not_row_by_row
from tidegate.tables.write import append_rows, delete_rows

LIBRARY = Path(__file__).resolve().parents[4] / "lib" / "tidegate"
GROUP = FeatureGroup(
    "dust", 1, ("sensor",), (Field("sensor", T.LongType(), "sensor"), Field("pm25", T.LongType(), "fine dust")), "dust"
)
NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)
REPLACED = "CREATE OR REPLACE TABLE AS SELECT"
LARGE = WriteSizes(small_table=-1)
BEHIND = ("_jvm", "_jsc", "_jsparkSession", "_jdf", "_jc", "_gateway", "_java_obj")
PRIVATE = (
    "org.apache.spark.sql.delta",
    "org.apache.spark.sql.catalyst",
    "org.apache.spark.sql.execution",
    "org.apache.spark.sql.classic",
)
PEOPLE = T.StructType([T.StructField("name", T.StringType()), T.StructField("value", T.LongType())])


def reports(spark: SparkSession, first: int, last: int, hours: int) -> DataFrame:
    known = F.lit(NOON + timedelta(hours=hours)).alias("available_at")
    values = F.col("id").alias("sensor"), (F.col("id") + 100 * hours).alias("pm25")
    return spark.range(first, last, 1, 1).select(*values, F.lit(NOON).alias("event_time"), known)


@dataclass(frozen=True)
class Written:
    """What all ways to commit left behind."""

    counts: list[dict[str, int]]
    rows: dict[str, list[str]]
    tokens: list[list[str]]
    properties: list[Mapping[str, str]]
    operations: Counter[str]


def by_every_way(spark: SparkSession, root: Path) -> Written:
    """Write a group and a table of people by each way to commit."""
    store, path, people = FeatureStore(spark, str(root)), str(root / "feature_groups" / "dust_v1"), str(root / "people")
    counts = []
    for hours, (first, last, limits) in enumerate(
        (
            (0, 40, WriteSizes()),  # appended: the first load
            (30, 50, WriteSizes()),  # buckets written anew
            (50, 60, LARGE),  # appended after a comparison: no row is there yet
            (0, 2, WriteSizes(small_table=-1, copied_rows=0)),  # rows marked as deleted
            (2, 4, LARGE),  # files written anew without the rows that are replaced
            (4, 6, WriteSizes(small_table=-1, may_mark=False)),  # MERGE
        )
    ):
        written = write_rows(store, GROUP, reports(spark, first, last, hours), Batch(f"batch {hours}"), limits)
        counts.append({name: count for name, count in written.counts.items() if count})
    assert write_rows(store, GROUP, reports(spark, 0, 1, 9), Batch("batch 3")).already_applied
    keys = spark.range(7, 9).withColumnRenamed("id", "sensor")
    purged = delete_rows_of(store.handle, GROUP, RowChoice(keys), Deletion(None))
    counts.append({"purged": purged.rows})
    rearrange(spark, path, {file.path for file in data_files(spark, path, BUCKET, EVENT_TIME)}, lambda rows: rows.coalesce(1))
    rebucket_group(spark, path, GROUP, 2)
    operations = [row.operation for row in table_history(spark, path, 100).select("operation").collect()]

    create_table(spark, people, TableShape(PEOPLE, ("name",)))
    append_few(spark, people, [("ann", 1), ("ben", 2)], PEOPLE, Commit("few", {"why": "test"}))
    append_rows(spark.createDataFrame([("cid", 3)], PEOPLE).coalesce(1), people, Commit("many"))
    protect_columns(spark, people, ["name"])
    delete_rows(spark, people, spark.createDataFrame([("ann",)], "name string"))
    purge_deleted_rows(spark, people)
    append_few(spark, people, [("dan", 4)], PEOPLE)
    rows = rows_as_text(spark, str(root), ["feature_groups/dust_v1", "people"])
    tokens = [sorted(table_tokens(spark, each)) for each in (path, people)]
    properties = [table_state(spark, each).properties for each in (path, people)]
    return Written(counts, {each: sorted(held) for each, held in rows.items()}, tokens, properties, Counter(operations))


@pytest.fixture(scope="module")
def expected(spark_of_process: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Written:
    """What Delta's own classes write."""
    return by_every_way(spark_of_process, tmp_path_factory.mktemp("own") / "store")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("gone", "public"),
    [
        pytest.param((names.MARKS,), set(), marks=pytest.mark.evidence),
        pytest.param((names.COMMIT, names.CHECKPOINT), {"OPTIMIZE", REPLACED}, marks=pytest.mark.evidence),
        ((*ALL,), {"OPTIMIZE", REPLACED}),
    ],
    ids=["no marks", "no transactions and checkpoints", "nothing private at all"],
)
def test_every_way_to_commit_writes_the_same_rows_without_private_names(
    spark: SparkSession,
    tmp_path: Path,
    expected: Written,
    gone: tuple[PrivateNames, ...],
    public: set[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    with hidden(spark, *gone), caplog.at_level(logging.WARNING, "tidegate"):
        written = by_every_way(spark, tmp_path / "store")
    assert (written.counts, written.rows, written.tokens) == (expected.counts, expected.rows, expected.tokens)
    assert written.properties == expected.properties
    # The two batches that were marked and copied are merged, beside the one MERGE and the purge of both.
    assert (expected.operations["MERGE"], written.operations["MERGE"]) == (2, 4)
    assert {"OPTIMIZE", REPLACED} & set(written.operations) == public
    said = [record.message for record in caplog.records if "which tidegate calls" in record.message]
    assert said
    assert len(said) == len(set(said))


def test_each_private_name_is_looked_up_before_it_is_called(spark: SparkSession) -> None:
    for one in ALL:
        assert not missing_names(spark, one)
        # All at once: to list the methods of a class takes most of the time.
        with hidden(spark, one):
            assert missing_names(spark, one) == [
                f"{each}.{member}" for each, members in one.members.items() for member in members
            ]
            assert not is_there(spark, one)


def test_the_published_log_says_what_deltas_own_says(spark: SparkSession, tmp_path: Path) -> None:
    path = str(tmp_path / "table")
    schema = T.StructType([T.StructField("part", T.IntegerType()), T.StructField("value", T.LongType())])
    create_table(
        spark, path, TableShape(schema, (), ("part",), {"delta.enableDeletionVectors": "true", "delta.checkpointInterval": "3"})
    )
    for number in range(5):
        frame = spark.range(10 * number, 10 * number + 10, 1, 1).selectExpr("int(id % 2) AS part", "id AS value")
        append_rows(frame, path, Commit(f"batch {number}"))
    spark.sql(f"DELETE FROM delta.`{path}` WHERE value IN (3, 4)")
    assert list(Path(path, "_delta_log").glob("*.checkpoint.parquet"))

    def told(version: int | None) -> tuple[object, ...]:
        log = open_log(spark, path, version)
        files = sorted(
            (
                file["path"],
                file["partitionValues"]["part"],
                file.get("stats"),
                (file.get("deletionVector") or {}).get("cardinality"),
            )
            for file in log.files()
        )
        state = table_state(spark, path, version)
        sizes = log.version, log.table_id, log.file_count(), log.byte_count()
        return *sizes, sorted(log.tokens()), state.schema, state.properties, files

    own = [told(version) for version in (None, 2, 5)]
    with hidden(spark, names.LOG):
        assert [told(version) for version in (None, 2, 5)] == own
        # The first commit is gone, the checkpoint of version 3 is not.
        Path(path, "_delta_log", f"{0:020d}.json").unlink()
        assert told(5) == own[2]
        with pytest.raises(UnreadableLogError, match="version 2"):
            table_state(spark, path, 2)


def test_a_table_is_made_again_where_delta_remembers_the_old_one(spark: SparkSession, tmp_path: Path) -> None:
    path = str(tmp_path / "table")
    with hidden(spark, names.FORGET):
        for value in (1, 2):
            assert create_table(spark, path, TableShape(PEOPLE))
            append_few(spark, path, [("ann", value)] * value, PEOPLE)
            assert [row.value for row in read_table(spark, path, current_version(spark, path)).collect()] == [value] * value
            if value == 1:
                append_few(spark, path, [("ben", 3)], PEOPLE)
                remove_table(spark, path)
        # The same with a log that was cut off.
        append_few(spark, path, [("cid", 4)], PEOPLE, Commit("a batch"))
        assert remove_old_log(spark, path) > 0
        append_few(spark, path, [("dan", 5)], PEOPLE)
        assert sorted(row.value for row in read_table(spark, path).collect()) == [2, 2, 4, 5]
        assert table_tokens(spark, path) == ["a batch"]


def test_what_no_public_command_does_is_refused_and_changes_nothing(spark: SparkSession, tmp_path: Path) -> None:
    path = str(tmp_path / "table")
    strict = T.StructType([T.StructField("name", T.StringType(), False), T.StructField("value", T.LongType())])
    create_table(spark, path, TableShape(strict))
    append_few(spark, path, [("ann", 1)], PEOPLE)
    with hidden(spark, names.COMMIT), pytest.raises(PrivateNameGoneError, match=r"never NULL \(name\).*OptimisticTransaction"):
        reshape(spark, path, lambda rows: rows, NewShape(strict, ()))
    assert current_version(spark, path) == 1


def test_a_log_without_a_checkpoint_is_not_cut(spark: SparkSession, tmp_path: Path) -> None:
    path, log = str(tmp_path / "table"), tmp_path / "table" / "_delta_log"
    create_table(spark, path, TableShape(PEOPLE, properties={"delta.checkpointPolicy": "v2"}))
    before = {file.name for file in log.iterdir()}
    with hidden(spark, names.CHECKPOINT), pytest.raises(PrivateNameGoneError, match=r"no checkpoint.*nothing was removed"):
        remove_old_log(spark, path)
    assert before <= {file.name for file in log.iterdir()}


def test_plans_sessions_and_footers_without_private_names(spark: SparkSession, tmp_path: Path) -> None:
    rows = spark.range(3).select(
        "id", (F.col("id") + 1).alias("next"), F.lit(NOON).alias("at"), F.expr("array(1.5D)").alias("many")
    )
    rows.coalesce(1).write.parquet(str(tmp_path / "files"))
    [file] = (tmp_path / "files").glob("*.parquet")
    columns = file_columns(spark, file.as_uri())
    assert isinstance(columns, T.StructType)
    assert columns.names == rows.columns
    with hidden(spark, *ALL):
        found = file_columns(spark, file.as_uri())
        assert isinstance(found, T.StructType)
        assert found.simpleString() == columns.simpleString()
        assert estimated_bytes(rows) is None
        assert [sorted(kept(rows).collect()) for kept in (checkpointed, checkpointed_wide)] == [sorted(rows.collect())] * 2
        given = checkpointed(rows)
        assert why_not_row_by_row(given.where("id > 1"), given) == "tidegate can't read the plans of this release of Spark"
        spark.conf.set("mine.own", "kept")
        copy = Commit(note={"why": "test"}).session(spark)
        assert copy.conf.get("mine.own") == "kept"
        copy.conf.set("mine.own", "other")
        assert spark.conf.get("mine.own") == "kept"
        assert spark.conf.get("spark.databricks.delta.commitInfo.userMetadata", None) is None


def test_only_the_modules_for_it_reach_into_the_jvm() -> None:
    """Everything else calls their functions, so that an upgrade is met in one place."""
    reaching, naming = [], []
    for file in sorted(LIBRARY.rglob("*.py")):
        where = file.relative_to(LIBRARY).as_posix()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in BEHIND:
                reaching.append(where)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith(PRIVATE):
                naming.append(where)
    assert set(reaching) == {"jvm.py", "hadoop.py"}
    # The catalog in the settings of a session is what Delta's own guide tells to set.
    assert {each for each in naming if not each.startswith("tables/internals/")} == {"session.py"}
