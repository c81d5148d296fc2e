"""The write contract of a feature group, on real Delta tables."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from tidegate import Field
from tidegate.errors import DuplicateRowsError, SchemaMismatchError
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.feature_groups.read import current_rows
from tidegate.feature_groups.writing.result import WriteResult
from tidegate.feature_groups.writing.write import write_group
from tidegate.subjects.keyed_hash import SECRET_VARIABLE, SubjectKey
from tidegate.subjects.suppression_table import suppress
from tidegate.tables.create import table_exists
from tidegate.tables.read import current_version, read_table
from tidegate.tables.store import Store

pytestmark = pytest.mark.slow

PLANES = FeatureGroup(
    name="planes",
    version=1,
    entity_key=("tailnum",),
    fields=(Field("tailnum", T.StringType(), "registration"), Field("delay", T.DoubleType(), "delay", "minutes")),
    description="delays of planes",
    subject="tailnum",
)
SECRET = "0123456789abcdef0123456789abcdef"


def at(hour: int) -> datetime:
    return datetime(2024, 1, 1, hour, tzinfo=UTC)


def rows_of(spark: SparkSession, *rows: tuple[object, ...]) -> DataFrame:
    return spark.createDataFrame(list(rows), PLANES.schema)


@pytest.fixture
def store(spark: SparkSession, tmp_path: Path) -> Store:
    return Store.open(spark, str(tmp_path))


def write(store: Store, *rows: tuple[object, ...]) -> WriteResult:
    return write_group(store, PLANES, rows_of(store.spark, *rows))


def stored(store: Store) -> DataFrame:
    return current_rows(read_table(store.spark, store.layout.feature_group("planes_v1")), PLANES)


def test_write_group_sorts_every_row_into_one_outcome(store: Store) -> None:
    first = [("N1", 1.0, at(1), at(2)), ("N2", 2.0, at(1), at(2)), ("N3", 3.0, at(1), at(2)), ("N4", None, at(1), at(2))]
    written = write(store, *first, first[0])
    assert (written.read, written.inserted, written.collapsed) == (5, 4, 1)
    # The first attempt found that a row is there twice. Its files are gone.
    table = store.layout.feature_group("planes_v1")
    assert len(list(Path(table).rglob("*.parquet"))) == len(read_table(store.spark, table).inputFiles()) == 1
    written = write(
        store,
        ("N1", 1.5, at(1), at(3)),  # corrected later
        ("N2", 2.0, at(1), at(3)),  # seen again later
        ("N3", 9.0, at(1), at(1)),  # known earlier than what is stored
        ("N4", None, at(1), at(2)),  # exactly what is stored
        ("N5", 5.0, at(1), at(2)),  # new
        ("N5", 4.0, at(1), at(1)),  # older than another row of the batch
    )
    counts = (written.inserted, written.updated, written.reobserved, written.unchanged, written.older, written.read)
    assert counts == (1, 1, 1, 1, 2, 6)
    expected = [
        ("N1", 1.5, at(1), at(3)),
        ("N2", 2.0, at(1), at(3)),
        ("N3", 3.0, at(1), at(2)),
        ("N4", None, at(1), at(2)),
        ("N5", 5.0, at(1), at(2)),
    ]
    assert_df_equality(stored(store), rows_of(store.spark, *expected), ignore_row_order=True)


def test_write_group_leaves_the_table_version_where_nothing_is_new(store: Store) -> None:
    batch = [("N1", 1.0, at(1), at(2)), ("N2", None, at(1), at(2))]
    first, again = write(store, *batch), write(store, *batch)
    assert (again.unchanged, again.table_version) == (2, first.table_version)


def test_write_group_refuses_another_schema_before_it_writes(store: Store) -> None:
    frame = rows_of(store.spark, ("N1", 1.0, at(1), at(2))).drop("available_at")
    with pytest.raises(SchemaMismatchError, match="missing column available_at"):
        write_group(store, PLANES, frame)
    assert not table_exists(store.spark, store.layout.feature_group("planes_v1"))


def test_write_group_refuses_contradicting_rows_and_shows_no_personal_value(store: Store) -> None:
    with pytest.raises(
        DuplicateRowsError, match=r"1 row.s. of the batch differ .* tailnum=[0-9a-f]{16}, event_time=2024-01-01 01"
    ) as caught:
        write(store, ("N517JB", 1.0, at(1), at(2)), ("N517JB", 2.0, at(1), at(2)))
    assert "N517JB" not in str(caught.value)
    assert stored(store).isEmpty()


def test_write_group_refuses_rows_of_erased_subjects(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SECRET_VARIABLE, SECRET)
    forms = store.spark.createDataFrame([("text:N1", "text:N1")], "_person string, _form string")
    suppress(store, forms, SubjectKey.from_environment(), at(1))
    batch = rows_of(store.spark, ("N1", 1.0, at(1), at(2)), ("N1", 2.0, at(1), at(2)), ("N2", 2.0, at(1), at(2)))
    written = write_group(store, PLANES, batch)
    assert (written.read, written.suppressed, written.inserted) == (3, 2, 1)
    assert [row.tailnum for row in stored(store).collect()] == ["N2"]


def test_write_group_keeps_personal_values_out_of_the_log(store: Store) -> None:
    write(store, ("N517JB", 1.0, at(1), at(2)))
    write(store, ("N517JB", 2.0, at(1), at(3)), ("N518JB", 1.0, at(1), at(2)))
    log = Path(store.layout.feature_group("planes_v1")) / "_delta_log"
    texts = [file.read_text() for file in log.glob("*.json")]
    assert len(texts) == 3
    assert current_version(store.spark, store.layout.feature_group("planes_v1")) == 2
    assert not any("N517JB" in text or "N518JB" in text for text in texts)


def test_write_result_refuses_counts_that_do_not_add_up() -> None:
    with pytest.raises(RuntimeError, match="3 rows were read, but"):
        WriteResult("planes_v1", 1, read=3, inserted=2)
