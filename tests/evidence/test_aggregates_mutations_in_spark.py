"""The contract of aggregates broken outside of the native code: the ways, the definitions, labels, spines and what is loaded."""

from pathlib import Path

import pytest
from tests.evidence.broken_lines import Edit, edits_that_no_test_sees

UNIT = "tests/unit/point_in_time/aggregates"
WAYS = (f"{UNIT}/test_ways.py", "tests/properties/test_aggregates.py")
CONDITIONS = ("tests/properties/test_aggregate_conditions.py",)
EXPLAINED = (f"{UNIT}/test_explain.py",)
STORED = ("tests/integration/test_aggregates.py",)
FUTURE = (f"{UNIT}/native/test_future.py",)
STORED_LABELS = ("tests/integration/test_future_labels.py",)
SPINES = ("tests/properties/test_spines.py",)
TIMES = ("tests/unit/datasets/test_spine_times.py",)
DEFINED = ("tests/unit/datasets/test_aggregates.py", "tests/unit/datasets/test_spines.py")
IMMUTABLE = ("tests/unit/feature_groups/writing/test_write_immutable.py",)
LOADED = ("tests/properties/test_loaded_until.py", "tests/integration/test_loaded_until.py")

JOIN, DATASETS, GROUPS = Path("point_in_time"), Path("datasets"), Path("feature_groups")
AGGREGATES = JOIN / "aggregates"

pytestmark = pytest.mark.slow


def edit(line: str, file: Path, change: tuple[str, str], tests: tuple[str, ...]) -> Edit:
    return Edit(line, str(file), *change, tests)


# What brings rows and labels together.
IN_SPARK = (
    edit(
        "1 the condition of all features",
        AGGREGATES / "described.py",
        ("(self.where, aggregate.where)", "(aggregate.where,)"),
        WAYS,
    ),
    edit(
        "1 span: knowledge",
        AGGREGATES / "task_aggregates.py",
        ("(np.asarray(rows.column(KNOWN)) <= last)", "(np.asarray(rows.column(KNOWN)) < last - 10**10)"),
        WAYS,
    ),
    edit("1 span: the oldest event", AGGREGATES / "task_aggregates.py", ("> first - self.reach", "> first"), WAYS),
    edit(
        "1 span: the reach of windows",
        AGGREGATES / "aggregate_rows.py",
        ("longest = max(longest, span + each.offset)", "pass"),
        WAYS,
    ),
    edit(
        "1 in force before the key: rows of other keys replace",
        AGGREGATES / "task_aggregates.py",
        ("rows = rows_of_labels(rows, labels, native.entity_key)", "rows = rows_of_labels(rows, labels, native.key)"),
        WAYS,
    ),
    edit(
        "1 in force before the key: few labels",
        AGGREGATES / "task_aggregates.py",
        (
            "        found = rows_in_force(native, rows)\n        if labels",
            "        found = rows_in_force(native, rows_of_labels(rows, labels, native.key) if labels else rows)\n"
            "        if labels",
        ),
        WAYS,
    ),
    edit("2 events that move: few labels", AGGREGATES / "task_aggregates.py", (" and not moves:", ":"), WAYS),
    edit(
        "2 events that move between entities meet",
        AGGREGATES / "prepared_rows.py",
        ("together = _together(frame, rows.one_event_per, least_tasks(rows))", "together = frame"),
        WAYS,
    ),
    edit(
        "2 events that move between entities are looked at twice",
        AGGREGATES / "prepared_rows.py",
        ("    if not rows.moves_between_entities:", "    if True:"),
        WAYS,
    ),
    edit(
        "8 another key: rows in force are decided by entity",
        AGGREGATES / "prepared_rows.py",
        (
            "return _together(frame, rows.entity_key, least_tasks(rows)).mapInArrow",
            "return _together(frame, rows.key, least_tasks(rows)).mapInArrow",
        ),
        WAYS,
    ),
    edit(
        "8 another key: labels and rows meet by it",
        AGGREGATES / "shuffled.py",
        (
            "key = rows.key if in_force else rows.entity_key",
            "key = rows.entity_key if set(rows.entity_key) <= {*labels.columns} else rows.key",
        ),
        WAYS,
    ),
    edit(
        "8 a key with more columns: observations meet by the entity key",
        AGGREGATES / "shuffled.py",
        ("key = rows.key if in_force else rows.entity_key", "key = rows.key"),
        WAYS,
    ),
    edit(
        "9 provenance: rows counted",
        AGGREGATES / "described.py",
        (
            "by=None, n=None, skip_null=True, condition=None)\n    needed",
            "by=None, n=None, skip_null=True, condition=None, where=None)\n    needed",
        ),
        WAYS[1:],
    ),
)

# Conditions that tasks evaluate, and explanations.
CONDITIONS_AND_VERDICTS = (
    edit(
        "6 where: NaN is greater than every number",
        AGGREGATES / "conditions/native.py",
        ("return pc.or_(result, pc.is_nan(values))", "return result"),
        CONDITIONS,
    ),
    edit(
        "6 where: a comparison with NULL is NULL",
        AGGREGATES / "conditions/native.py",
        ("return pc.if_else(pc.is_valid(values), found, pa.scalar(None, pa.bool_()))", "return found"),
        CONDITIONS,
    ),
    edit("6 where: NULL AND false", AGGREGATES / "conditions/native.py", ("pc.and_kleene", "pc.and_"), CONDITIONS),
    edit("6 where: large literals", AGGREGATES / "conditions/literals.py", ("else _EXACT_DOUBLE", "else 2**80"), CONDITIONS),
    edit(
        "6 where: the literal comes first",
        AGGREGATES / "conditions/translated.py",
        ('"<": ">", "<=": ">="', '"<": ">=", "<=": ">"'),
        CONDITIONS,
    ),
    edit(
        "9 explain: an event that moved",
        AGGREGATES / "explain.py",
        ("(place < F.max(place).over(places))", "F.lit(False)"),
        EXPLAINED,
    ),
    edit(
        "9 explain: windows of rows",
        AGGREGATES / "explain.py",
        ("number > aggregate.window.rows", "number > 99"),
        EXPLAINED,
    ),
    edit(
        "9 explain: exclusive",
        AGGREGATES / "explain.py",
        ("known = F.col(AVAILABLE_AT) <= at if rows", "known = F.col(AVAILABLE_AT) <= at if True or rows"),
        EXPLAINED,
    ),
)

# From the declaration to the columns of a training dataset.
DECLARED = (
    edit(
        "the columns that a group's file needs for aggregates",
        JOIN / "native/shared_reads.py",
        ("group.columns if group.inputs else columns", "columns"),
        STORED,
    ),
    edit("3 no row counted", AGGREGATES / "task_aggregates.py", ("mask=counted == 0", "mask=counted < 0"), STORED),
    edit("3 loaded_until in the id", DATASETS / "training_dataset.py", ("min(until, end)", "until"), STORED),
    edit("9 the catalog", DATASETS / "prepare_view.py", ("record_aggregates(store, view)", "pass"), STORED),
    edit(
        "1 declared: exclusive",
        DATASETS / "view_rows.py",
        (
            "        boundary=choice.boundary,\n        sequence=group.sequence,\n        one_event_per",
            "        sequence=group.sequence,\n        one_event_per",
        ),
        STORED,
    ),
    edit(
        "1 declared: the reach",
        DATASETS / "view_rows.py",
        ("None if choice.one_event_per else choice.reach", "timedelta(0)"),
        STORED,
    ),
    edit(
        "2 declared: one_event_per",
        DATASETS / "view_rows.py",
        ("one_event_per=choice.one_event_per,", "one_event_per=(),"),
        STORED,
    ),
    edit(
        "2 declared: old observations of events that move",
        DATASETS / "view_rows.py",
        ("None if choice.one_event_per else choice.reach", "choice.reach"),
        STORED,
    ),
    edit("3 declared: staleness", DATASETS / "view_rows.py", ("_later(loaded, choice.staleness)", "loaded"), STORED),
    edit(
        "6 declared: sequence",
        DATASETS / "view_rows.py",
        ("        sequence=group.sequence,\n        one_event_per", "        one_event_per"),
        STORED,
    ),
    edit("6 declared: where", DATASETS / "view_rows.py", ("where=choice.where,", "where=None,"), STORED),
    edit("8 declared: key", DATASETS / "view_rows.py", ("key=choice.joined_on,", "key=group.entity_key,"), STORED),
    edit(
        "2 history='latest' is refused",
        DATASETS / "aggregates.py",
        ('if self.group.history == "latest" and', 'if self.group.history == "none" and'),
        DEFINED,
    ),
    edit(
        "2 immutable groups are not refused",
        DATASETS / "aggregates.py",
        ('if self.group.history == "latest" and not self.group.immutable', 'if self.group.history == "latest"'),
        DEFINED,
    ),
    edit(
        "9 personal results have their subject",
        DATASETS / "aggregates.py",
        ("if personal and missing and not names_person:", "if False:"),
        DEFINED,
    ),
)

# Groups of immutable events, and how far groups are loaded.
GROUPS_OF_AGGREGATES = (
    edit(
        "2 an update of a stored row is refused",
        GROUPS / "writing/effects.py",
        ("ELSE '{CHANGING}' END", "ELSE 'unchanged' END"),
        IMMUTABLE,
    ),
    edit(
        "2 a repetition changes nothing",
        GROUPS / "writing/effects.py",
        ("""WHEN {row_values(group)} <=> {beside.before}.says THEN 'unchanged'\n        ELSE""", "ELSE"),
        IMMUTABLE,
    ),
    edit(
        "2 in a batch, the first known of equal rows",
        GROUPS / "writing/order.py",
        ("'ASC' if group.immutable else 'DESC'", "'DESC'"),
        IMMUTABLE,
    ),
    edit(
        "2 a stored event that became known later (buckets)",
        GROUPS / "writing/pairs.py",
        ('f"{_WAS} IS NOT NULL" if group.immutable else', 'f"{_WAS} IS NOT NULL" if False else'),
        IMMUTABLE,
    ),
    edit(
        "2 a stored event that became known later (windows)",
        GROUPS / "writing/windows.py",
        ("        if group.immutable\n", "        if False\n"),
        IMMUTABLE,
    ),
    edit(
        "3 days after a gap don't count",
        GROUPS / "loaded_until.py",
        ('F.col("loaded_from") > F.max("_reach").over(before)', 'F.col("loaded_from") > F.lit("9999-01-01").cast("timestamp")'),
        LOADED,
    ),
    edit(
        "3 the day after the newest row",
        GROUPS / "loaded_until.py",
        ("_AFTER_ROWS = timedelta(days=1)", "_AFTER_ROWS = timedelta(days=2)"),
        LOADED,
    ),
    edit("3 corrections prove nothing", GROUPS / "loaded_until.py", ('.where("NOT _is_correction")', ""), LOADED),
    edit(
        "3 every source must be looked at",
        GROUPS / "loaded_until.py",
        ("reached.append(min(newest.values()))", "reached.append(max(newest.values()))"),
        LOADED,
    ),
    edit(
        "3 a new source moves nothing back",
        GROUPS / "loaded_until.py",
        ("    return max(reached)", "    return reached[-1]"),
        LOADED,
    ),
)

# Labels over a window after the label time.
LABELS = (
    edit(
        "10 as of known_by",
        AGGREGATES / "native/future.py",
        ("(known <= known_by) & (until > known_by)", "(until > known_by)"),
        FUTURE,
    ),
    edit(
        "10 as of known_by: what is replaced at that moment",
        AGGREGATES / "native/future.py",
        ("(known <= known_by) & (until > known_by)", "(known <= known_by) & (until >= known_by)"),
        FUTURE,
    ),
    edit(
        "10 known_at: not before it is mature",
        AGGREGATES / "native/future.py",
        ("np.maximum(moments.micros + maturity.after,", "np.maximum(moments.micros,"),
        FUTURE,
    ),
    edit(
        "10 known_at: withdrawn and replaced rows change it",
        AGGREGATES / "native/future.py",
        ("np.flatnonzero(counting & (rows.until <= known_by))", "np.flatnonzero(counting & (rows.until < 0))"),
        FUTURE,
    ),
    edit(
        "10 known_at: replaced exactly at known_by",
        AGGREGATES / "native/future.py",
        ("(rows.until <= known_by)", "(rows.until < known_by)"),
        FUTURE,
    ),
    edit(
        "10 known_at: nothing after known_by",
        AGGREGATES / "native/future.py",
        ("rows = rows.filter(pa.array(np.asarray(rows.column(KNOWN).combine_chunks()) <= known_by))", "pass"),
        FUTURE,
    ),
    edit(
        "10 known_at: re-observations change nothing",
        AGGREGATES / "native/future.py",
        ("order[starts[balance != 0]]", "order[starts]"),
        FUTURE,
    ),
    edit(
        "10 known_at: rows with NULL change nothing",
        AGGREGATES / "native/future.py",
        ("rows.meeting(feature) & rows.complete(feature)", "rows.meeting(feature)"),
        FUTURE,
    ),
    edit(
        "10 known_at: the condition of a share",
        AGGREGATES / "native/future.py",
        ("if feature.meets is not None:", "if False:"),
        FUTURE,
    ),
    edit(
        "10 known_at: the value of `by`",
        AGGREGATES / "native/future.py",
        ("for name in (column, aggregate.by) if", "for name in (column,) if"),
        FUTURE,
    ),
    edit(
        "10 known_at: first and last of several entities",
        AGGREGATES / "native/future.py",
        ("np.where(several, rows.known, 0)", "np.where(several, 0, 0)"),
        FUTURE,
    ),
    edit(
        "10 known_at: the target that changed last",
        AGGREGATES / "native/future.py",
        ("np.maximum(found[line.labels], newest)", "newest"),
        FUTURE,
    ),
    edit("10 the delay must be declared", DATASETS / "future_labels.py", ("if not self.group.delay:", "if False:"), DEFINED),
    edit(
        "10 mature: t + horizon + delay",
        DATASETS / "future_labels.py",
        ("return self.horizon + self.group.delay", "return self.horizon"),
        STORED_LABELS,
    ),
    edit(
        "10 mature: by known_by",
        DATASETS / "future_labels.py",
        ("earlier_by(min(known_by, loaded_until)", "earlier_by(max(known_by, loaded_until)"),
        STORED_LABELS,
    ),
    edit(
        "10 mature: by loaded_until",
        DATASETS / "future_labels.py",
        ("earlier_by(min(known_by, loaded_until)", "earlier_by(known_by"),
        STORED_LABELS,
    ),
    edit(
        "10 mature exactly then",
        DATASETS / "label_rows.py",
        ("F.col(labels.anchor) <= moment_column(newest)", "F.col(labels.anchor) < moment_column(newest)"),
        STORED_LABELS,
    ),
    edit(
        "10 mature: at the anchor",
        DATASETS / "label_rows.py",
        ("F.col(labels.anchor) <= moment_column(newest)", "F.col(EVENT_TIME) <= moment_column(newest)"),
        STORED_LABELS,
    ),
    edit(
        "10 windows at the anchor",
        DATASETS / "label_rows.py",
        ("spine.where(is_mature), labels.anchor, events", "spine.where(is_mature), EVENT_TIME, events"),
        STORED_LABELS,
    ),
    edit(
        "10 label rows known later are left out",
        DATASETS / "label_rows.py",
        ("spine = spine.where(F.col(AVAILABLE_AT) <= moment_column(inputs.known_by))", "pass"),
        STORED_LABELS,
    ),
    edit(
        "10 younger labels are counted",
        DATASETS / "label_rows.py",
        ("young = spine.where(~is_mature)", "young = spine.limit(0)"),
        STORED_LABELS,
    ),
    edit(
        "10 the last event of a window",
        DATASETS / "label_rows.py",
        (
            "F.col(EVENT_TIME) <= moment_column(earlier_by(inputs.label_end, -labels.horizon))",
            "F.col(EVENT_TIME) <= moment_column(inputs.label_end)",
        ),
        STORED_LABELS,
    ),
    edit(
        "10 old observations of events that move",
        DATASETS / "label_rows.py",
        ("if labels.anchor == EVENT_TIME and not labels.one_event_per:", "if labels.anchor == EVENT_TIME:"),
        STORED_LABELS,
    ),
    edit("10 declared: key", DATASETS / "label_rows.py", ("key=labels.joined_on,", "key=group.entity_key,"), STORED_LABELS),
    edit("10 declared: where", DATASETS / "label_rows.py", ("where=labels.where,", "where=None,"), STORED_LABELS),
    edit(
        "10 declared: one_event_per",
        DATASETS / "label_rows.py",
        ("one_event_per=labels.one_event_per,", "one_event_per=(),"),
        STORED_LABELS,
    ),
    edit("10 declared: sequence", DATASETS / "label_rows.py", ("sequence=group.sequence,", "sequence=None,"), STORED_LABELS),
    edit(
        "10 loaded_until in the id",
        DATASETS / "training_dataset.py",
        ("min(until, earlier_by(end, -labels.matures_after))", "min(until, end)"),
        STORED_LABELS,
    ),
)

# Every entity, at the times of a rule.
RULES = (
    edit(
        "11 times: the first of two",
        DATASETS / "spine_times.py",
        ("datetime.combine(day, self._time, zone)", "datetime.combine(day, self._time.replace(fold=1), zone)"),
        TIMES,
    ),
    edit("11 times: hours that come twice", DATASETS / "spine_times.py", ("for fold in (0, 1):", "for fold in (0,):"), TIMES),
    edit(
        "11 times: hours that are skipped",
        DATASETS / "spine_times.py",
        ("if moment.astimezone(zone).replace(tzinfo=None, fold=0) == datetime.combine(day, each):", "if True:"),
        TIMES,
    ),
    edit(
        "11 times: a day that is left out", DATASETS / "spine_times.py", ("for further in (1, 2))", "for further in (1,))"), TIMES
    ),
    edit("11 times: the end", DATASETS / "spine_times.py", ("if start <= moment < end)", "if start <= moment <= end)"), TIMES),
    edit("11 times: weeks", DATASETS / "spine_times.py", (" and distance // 7 % self._number == 0", ""), TIMES),
    edit(
        "11 known by the last time",
        DATASETS / "spine_rows.py",
        ("F.col(AVAILABLE_AT) < moment_column(end)", "F.col(AVAILABLE_AT) < moment_column(start)"),
        SPINES,
    ),
    edit(
        "11 look-back: rows before the first time",
        DATASETS / "spine_rows.py",
        ("F.col(EVENT_TIME) > moment_column(earlier_by(start, spine.lookback))", "F.col(EVENT_TIME) > moment_column(start)"),
        SPINES,
    ),
    edit(
        "11 observations by sequence",
        DATASETS / "spine_rows.py",
        ("order = [AVAILABLE_AT, *([group.sequence] if group.sequence else [])]", "order = [AVAILABLE_AT]"),
        SPINES,
    ),
    edit("11 tombstones", DATASETS / "spine_rows.py", (".where(~F.col(TOMBSTONE))", ""), SPINES),
    edit("11 look-back", DATASETS / "spine_rows.py", ("F.least(_UNTIL, too_old)", "F.col(_UNTIL)"), SPINES),
    edit("11 NULL is no entity", DATASETS / "spine_rows.py", ("complete &= _column(name).isNotNull()", "pass"), SPINES),
    edit(
        "11 known exactly at the time",
        DATASETS / "spine_rows.py",
        ('each["at"] >= F.col(_FROM)', 'each["at"] > F.col(_FROM)'),
        SPINES,
    ),
    edit(
        "11 replaced exactly at the time",
        DATASETS / "spine_rows.py",
        ('each["at"] < F.col(_UNTIL)', 'each["at"] <= F.col(_UNTIL)'),
        SPINES,
    ),
    edit("11 one row for each time", DATASETS / "spine_rows.py", ("F.col(_FROM) > F.col(_BEFORE)", "F.lit(True)"), SPINES),
    edit("11 gaps between rows", DATASETS / "spine_rows.py", ("F.col(_FROM) > F.col(_BEFORE)", "F.lit(False)"), SPINES),
    edit(
        "11 an earlier row that holds longer",
        DATASETS / "spine_rows.py",
        ("rowsBetween(Window.unboundedPreceding, -1)", "rowsBetween(-1, -1)"),
        SPINES,
    ),
    edit(
        "11 events are apart",
        DATASETS / "spine_rows.py",
        ("map(_column, group.entity_key), EVENT_TIME)", "map(_column, group.entity_key))"),
        SPINES,
    ),
    edit(
        "11 the last row of a stretch",
        DATASETS / "spine_rows.py",
        ("F.max(_UNTIL).alias(_UNTIL)", "F.min(_UNTIL).alias(_UNTIL)"),
        SPINES,
    ),
    edit(
        "11 windows at the target time: nothing is too old",
        AGGREGATES / "aggregate_rows.py",
        ("return reach(self.features.values()) if self.anchor is None else None", "return reach(self.features.values())"),
        WAYS[1:],
    ),
)

CASES = {
    "ways": (IN_SPARK, "The ways of computing aggregates"),
    "conditions": (CONDITIONS_AND_VERDICTS, "Conditions and explanations of aggregates"),
    "declared": (DECLARED, "From the declaration of aggregates to a training dataset"),
    "groups": (GROUPS_OF_AGGREGATES, "Immutable groups, and how far groups are loaded"),
    "labels": (LABELS, "Labels from the future"),
    "spines": (RULES, "Spines by rule"),
}


@pytest.mark.parametrize("name", CASES)
def test_every_broken_line_fails_a_test(name: str, tmp_path: Path) -> None:
    edits, title = CASES[name]
    report = (f"aggregates_mutations_{name}", f"{title}, broken line by line")
    assert edits_that_no_test_sees(edits, Path("lib/tidegate"), WAYS, tmp_path, report) == []
