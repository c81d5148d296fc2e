"""Step 7 of a write: compact the table if needed, remove rows of people forgotten in the meantime, and return the counts."""

from collections import Counter
from dataclasses import replace

from tidegate.feature_groups.writing.commit import CommittedRows, result_of
from tidegate.feature_groups.writing.compaction import compact_where_due
from tidegate.feature_groups.writing.effects import CONCLUDED, EFFECT
from tidegate.feature_groups.writing.result import WriteResult


def record(committed: CommittedRows) -> WriteResult:
    """Return the counts of a committed batch, and its statistics if the table has a new version."""
    target = committed.compared.admitted.target
    compact_where_due(target.store.spark, target.path, target.group)
    result = _without_late_rows(committed)
    version = target.version
    statistics = committed.statistics if version != result.table_version else ()
    return replace(result, table_version=version, statistics=statistics)


def _without_late_rows(committed: CommittedRows) -> WriteResult:
    """Remove the rows of people who were forgotten since the check under the lock, and count those of the batch as suppressed."""
    compared = committed.compared
    admitted, counts = compared.admitted, compared.counts
    newest = admitted.check.remove_late_rows()
    if newest is None:
        return committed.result
    late = newest.effects_on_suppressed(compared.rows.where(f"NOT {CONCLUDED}"), EFFECT)
    read = Counter({effect: rows - late[effect] for effect, rows in counts.read.items()})
    verdicts = replace(admitted.counts, suppressed=admitted.counts.suppressed + late.total())
    left = replace(compared, admitted=replace(admitted, counts=verdicts), counts=replace(counts, read=read))
    return replace(result_of(left), table_version=committed.result.table_version)
