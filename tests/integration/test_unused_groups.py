"""Feature groups that no definition names any more: erased from like all others, reported, and dropped also after a kill."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyspark.sql import types as T

from tidegate import Csv, FeatureGroup, FeatureStep, FeatureStore, Field, Source
from tidegate.errors import ForeignTableInsideError, GroupInUseError, UnknownGroupError
from tidegate.expectations import at_least
from tidegate.feature_groups.catalog.features_table import record_features
from tidegate.maintenance.unused_groups import DroppedGroup, drop_groups, unused_groups
from tidegate.tables import drop
from tidegate.tables.create import table_exists
from tidegate.tables.read import read_table
from tidegate.tables.runs import recorded_run

pytestmark = pytest.mark.slow
AT = datetime(2024, 1, 1, tzinfo=UTC)
NAME, VALUE = Field("name", T.StringType(), "a person"), Field("value", T.DoubleType(), "a value")
POSITIVE = at_least("value", 0)
USED, VISITS, OTHER = (
    FeatureGroup(name, 1, ("name",), (NAME, VALUE), "rows of people", subject="name", expectations=(POSITIVE,))
    for name in ("used", "visits", "other")
)


class Killed(BaseException):
    """Ends a driver in the middle of its work."""


def test_groups_without_a_definition_are_erased_from_and_dropped(empty: FeatureStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store, handle, spark = empty, empty.handle, empty.handle.spark
    folder = Path(store.layout.feature_group("visits_v1"))

    def write(group: FeatureGroup, *values: tuple[str, float]) -> None:
        store.write(group, spark.createDataFrame([(*row, AT, AT) for row in values], group.schema))

    def dropped(*names: str, dry_run: bool = False) -> Sequence[DroppedGroup]:
        return drop_groups(handle, [USED], names, AT + timedelta(days=1), dry_run)

    for group in (USED, VISITS, OTHER):
        write(group, ("ann", 1.0), ("ben", 2.0), ("ben", -1.0))
    source = Source("people", (NAME, VALUE), Csv(), subject="name")
    record_features(handle, [FeatureStep(group, (source,), lambda rows: rows) for group in (USED, VISITS)], AT)
    for system, groups in (("shop", (USED, VISITS, OTHER)), ("other shop", (OTHER,))):
        with recorded_run(spark, store.layout.runs, "feature_pipeline", system, "2024-01-01") as run:
            run.details.update({f"feature group {group.full_name}": "2 rows" for group in groups})

    # The definitions of two groups are gone. OTHER was written by another system too, so it is not reported.
    assert unused_groups(handle, "shop", [USED]) == ["visits_v1"]
    assert unused_groups(handle, "shop", [USED, VISITS]) == []
    receipt = store.forget(spark.createDataFrame([("ben",)], "subject string"), "case-1")
    assert receipt.erased
    removed, kinds = {entry.path: entry.rows_removed for entry in receipt.tables}, ("feature_groups", "quarantine")
    assert removed == {f"{kind}/{name}_v1": 1 for kind in kinds for name in ("used", "visits", "other")}

    for names, error, message in (
        (["visits_v1", "used_v1"], GroupInUseError, "a step or a feature view of the system names it"),
        (["visits_v1", "visit_v1"], UnknownGroupError, "no feature group 'visit_v1'; available: other_v1, visits_v1"),
    ):
        with pytest.raises(error, match=message):
            dropped(*names)
    foreign = folder / "copy"
    spark.range(1).write.format("delta").save(str(foreign))
    with pytest.raises(ForeignTableInsideError, match="feature_groups/visits_v1/copy"):
        dropped("visits_v1")
    foreign.rename(folder.parents[2] / "moved_out_of_the_root")

    [planned] = dropped("visits_v1", dry_run=True)
    assert planned.tables == ("feature_groups/visits_v1", "quarantine/visits_v1")
    assert (planned.files, planned.datasets) == (1, 0)
    assert planned.bytes > 0
    assert [row["name"] for row in store.read(VISITS).collect()] == ["ann"]

    # Killed at its first and at its last step: no rows are left where an erasure would not look.
    for name in ("vacuum_table", "remove_table"):
        with monkeypatch.context() as patched:
            patched.setattr(drop, name, lambda *_: (_ for _ in ()).throw(Killed()))
            with pytest.raises(Killed):
                dropped("visits_v1")
        if table_exists(spark, str(folder)):
            assert read_table(spark, str(folder)).isEmpty()
        else:
            # The log can have checkpoints. They have no values of personal columns.
            assert {file.relative_to(folder).parts[0] for file in folder.glob("**/*.parquet")} <= {"_dropped_log"}
    dropped("visits_v1")
    assert not folder.exists()
    assert not Path(store.layout.quarantine("visits_v1")).exists()
    assert store.catalog.loaded_until([VISITS, USED]) == {"visits_v1": None, "used_v1": AT}
    assert {row["group"] for row in store.catalog.find("value").collect()} == {"used"}
    assert {row["group"] for row in read_table(spark, store.layout.statistics).collect()} == {"used", "other"}
    assert [table.path for table in store.tables() if "visits" in table.path] == list(planned.tables)
    assert unused_groups(handle, "shop", [USED]) == []

    # The name is free again, and forgotten people stay out.
    write(VISITS, ("ann", 3.0), ("ben", 4.0))
    assert [(row["name"], row["value"]) for row in store.read(VISITS).collect()] == [("ann", 3.0)]
    assert store.forget(spark.createDataFrame([("ann",)], "subject string"), "case-2").erased
    assert store.read(VISITS).isEmpty()
