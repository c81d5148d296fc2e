from contextlib import closing
from dataclasses import replace

import pytest
from pyspark.sql import functions as F

from tidegate.errors import MissingColumnsError, PersonalFeatureError, UnusableRowsError
from tidegate.tasks import Multiclass
from tidegate.training.acceptance import Acceptance
from tidegate.training.fitted_models import fit_models
from tidegate.training.model_columns import ModelColumns
from tidegate.training.prepared_splits import DAY, LABEL, prepare_splits
from tidegate.training.training_plan import Splits

pytestmark = pytest.mark.slow


def test_prepare_splits_keeps_what_is_needed_and_frees_it(splits, plan):
    data = prepare_splits(splits, plan, also=["tailnum", "not_there"])

    assert data.splits.train.columns == [
        "id", "carrier", "hour", "wind", "delayed", "label_time", "tailnum", LABEL, DAY,
    ]  # fmt: skip
    assert [summary.rows for summary in data.summaries.values()] == [1000, 300, 300]
    assert data.summaries["train"].most_labels == 2
    assert all(frame.is_cached for frame in data.splits.named().values())
    data.close()
    assert not any(frame.is_cached for frame in data.splits.named().values())


def test_prepare_splits_gives_one_order_of_rows_whatever_the_layout(splits, plan):
    # Each entity has several rows, at different times.
    few = Splits(*(frame.withColumn("station", F.col("id") % 3) for frame in splits.named().values()))
    shuffled = replace(few, train=few.train.repartition(5, "wind"))

    orders = []
    for given in (few, shuffled):
        data = prepare_splits(given, replace(plan, key=("station",), columns=ModelColumns(("carrier",), ("id", "wind"))))
        orders.append(data.splits.train.select(F.spark_partition_id(), "id").collect())
        data.close()

    assert orders[0] == orders[1]


def test_prepare_splits_refuses_a_personal_feature(splits, plan):
    columns = ModelColumns(("carrier", "tailnum"), ("hour",))

    with pytest.raises(PersonalFeatureError, match="model delays: tailnum is declared personal"):
        prepare_splits(splits, replace(plan, columns=columns))


def test_prepare_splits_names_a_missing_column(splits, plan):
    with pytest.raises(MissingColumnsError, match=r"split train of model delays: missing column\(s\) winds"):
        prepare_splits(splits, replace(plan, columns=ModelColumns((), ("winds",))))


def test_prepare_splits_refuses_splits_that_overlap_in_time(splits, plan):
    with pytest.raises(UnusableRowsError, match=r"validation reaches to .* but test starts at"):
        prepare_splits(replace(splits, validation=splits.test), plan)
    # Rows that are divided by key overlap.
    prepare_splits(replace(splits, validation=splits.test), replace(plan, is_by_time=False)).close()


def test_prepare_splits_refuses_labels_that_are_not_known(splits, plan):
    unknown = splits.test.withColumn("delayed", F.when(F.col("id") > 1400, F.col("delayed")))

    with pytest.raises(
        UnusableRowsError, match=r"split test of model delays: 101 of 300 row\(s\) have no delayed \(at most 0% may"
    ):
        prepare_splits(replace(splits, test=unknown), plan)
    with closing(prepare_splits(replace(splits, test=unknown), replace(plan, may_lack=0.4))) as data:
        assert (data.summaries["test"].rows, data.summaries["test"].without_answer, data.splits.test.count()) == (199, 101, 199)
    assert not data.persisted.test.is_cached


def test_prepare_splits_refuses_labels_that_the_task_can_not_use(splits, plan):
    wrong = splits.test.withColumn("delayed", F.when(F.col("id") > 1400, 2).otherwise(F.col("delayed")))
    with pytest.raises(
        UnusableRowsError,
        match=r"split test of model delays: 199 row\(s\) have a delayed that is not a boolean, or a number that is 0 or 1",
    ):
        prepare_splits(replace(splits, test=wrong), plan)
    with pytest.raises(UnusableRowsError, match=r"train has no row of class 7: take an earlier start"):
        prepare_splits(splits, replace(plan, task=Multiclass((0, 1, 7))))


def test_prepare_splits_refuses_weights_that_are_missing_or_negative(splits, plan):
    weighted = [frame.withColumn("weight", F.col("id") - 3) for frame in splits.named().values()]
    with pytest.raises(UnusableRowsError, match=r"split train of model delays: 3 row\(s\) have a weight weight that is missing"):
        prepare_splits(Splits(*weighted), replace(plan, weight="weight"))


def test_prepare_splits_refuses_a_column_without_numbers_and_one_class(splits, plan):
    train = splits.train.withColumn("wind", F.lit(float("nan"))).withColumn("delayed", F.lit(0))

    with pytest.raises(UnusableRowsError, match=r"no number at all in wind: load .*; train has one label only"):
        prepare_splits(replace(splits, train=train), plan)


def test_prepare_splits_refuses_an_empty_split_and_frees_the_others(splits, plan, spark):
    before = set(spark.sparkContext._jsc.getPersistentRDDs().keySet())
    with pytest.raises(UnusableRowsError, match="split validation of model delays: there are no rows"):
        prepare_splits(replace(splits, validation=splits.validation.where("false")), plan)

    assert set(spark.sparkContext._jsc.getPersistentRDDs().keySet()) <= before


def test_prepare_splits_keeps_the_columns_of_slices_if_they_have_few_values(splits, plan):
    by_carrier = replace(plan, columns=ModelColumns((), ("wind",)), accept=Acceptance(slices=("carrier",), group="carrier"))
    with closing(prepare_splits(splits, by_carrier)) as data:
        assert data.splits.test.columns == ["id", "wind", "delayed", "label_time", "carrier", LABEL, DAY]
    many = replace(splits, test=splits.test.crossJoin(splits.test.select(F.col("id").alias("other"))))
    named = [frame.withColumn("city", F.concat_ws(" ", "id", frame.columns[-1])) for frame in many.named().values()]
    with pytest.raises(UnusableRowsError, match="split test of model delays: city has 90,000 different values, but a column"):
        prepare_splits(Splits(*named), replace(plan, accept=Acceptance(slices=("city",))))
    with pytest.raises(MissingColumnsError, match=r"split train of model delays: missing column\(s\) airport"):
        prepare_splits(splits, replace(plan, accept=Acceptance(group="airport")))


def test_prepare_splits_takes_a_boolean_target_as_0_and_1(splits, plan):
    boolean = [frame.withColumn("delayed", F.col("delayed") == 1) for frame in (splits.train, splits.validation, splits.test)]
    data, expected = prepare_splits(Splits(*boolean), plan), prepare_splits(splits, plan)
    assert data.summaries == expected.summaries
    assert data.splits.train.schema[LABEL] == expected.splits.train.schema[LABEL]
    data.close()
    expected.close()


def test_prepare_splits_names_infinite_numbers_categories_like_keys_and_columns_without_a_value(splits, plan):
    infinite = splits.test.withColumn("wind", F.when(F.col("id") < 1302, F.lit(float("-inf"))).otherwise(F.col("wind")))
    with pytest.raises(UnusableRowsError, match=r"split test of model delays: 2 row\(s\) have an infinite wind: write NULL"):
        prepare_splits(replace(splits, test=infinite), plan)

    columns = ModelColumns(("carrier", "tailnum"), ("hour",))
    nothing = splits.train.withColumn("carrier", F.lit(None).cast("string"))
    with pytest.raises(
        UnusableRowsError, match=r"train has 1000 different values of the category tailnum in 1000 rows"
    ) as refused:
        prepare_splits(replace(splits, train=nothing), replace(plan, columns=columns, personal=()))
    assert "train has no value at all in carrier" in str(refused.value)


def test_prepare_splits_names_empty_texts_and_numbers_that_have_no_square(splits, plan):
    blank = splits.train.withColumn("carrier", F.when(F.col("id") % 7 == 0, F.lit("")).otherwise(F.col("carrier")))
    with pytest.raises(
        UnusableRowsError, match=r"train has \d+ row\(s\) with an empty string in the category carrier.*write NULL"
    ):
        prepare_splits(replace(splits, train=blank), plan)
    # Only labels that are learnt are named: a new one is a category of its own.
    prepare_splits(replace(splits, test=splits.test.withColumn("carrier", F.lit(""))), plan).close()
    for sign in (1.0, -1.0):
        huge = splits.train.withColumn("wind", F.when(F.col("id") < 2, F.lit(sign * 1e300)).otherwise(F.col("wind")))
        with pytest.raises(
            UnusableRowsError, match=r"split train of model delays: \d row\(s\) have a wind beyond 1e.150, whose square"
        ):
            prepare_splits(replace(splits, train=huge), plan)


def test_a_constant_number_and_a_constant_category_are_trained_on(splits, plan):
    constant = [frame.withColumns({"wind": F.lit(1.5), "carrier": F.lit("AA")}) for frame in splits.named().values()]
    with closing(prepare_splits(Splits(*constant), plan)) as data:
        assert set(fit_models(data, plan)) == {"boosted_trees", "logistic_regression", "naive"}


def test_prepare_splits_looks_only_at_rows_with_an_answer(splits, plan):
    answered = F.col("id") < 600
    train = splits.train.withColumns(
        {
            "delayed": F.when(answered, F.col("delayed")),
            # Numbers and texts that only rows without an answer have, and more of them than there are rows with an answer.
            "wind": F.when(~answered, F.col("wind")),
            "carrier": F.when(answered, F.col("carrier")).otherwise(F.col("tailnum")),
            "hour": F.when(answered, F.col("hour")).otherwise(F.lit(float("inf"))),
            "trust": F.when(answered, F.lit(0).cast("decimal(5,2)")),
        }
    )
    weighted = [frame.withColumn("trust", F.lit(True)) for frame in (splits.validation, splits.test)]
    with pytest.raises(UnusableRowsError) as refused:
        prepare_splits(Splits(train, *weighted), replace(plan, may_lack=0.5, weight="trust"))
    assert "train has no number at all in wind" in str(refused.value)
    assert "all rows of train have the weight 0" in str(refused.value)
    assert not any(word in str(refused.value) for word in ("infinite", "different values", "trust"))
    given = train.withColumns({"wind": F.col("id"), "trust": F.col("id") % 2 == 0})
    with closing(prepare_splits(Splits(given, *weighted), replace(plan, may_lack=0.5, weight="trust"))) as data:
        assert data.splits.train.schema["trust"].dataType.simpleString() == "double"
        assert data.summaries["train"].most_labels == 2
