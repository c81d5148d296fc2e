from tidegate.training.estimators import TrainingRows
from tidegate.training.estimators.held_out import without_held_out
from tidegate.training.fixed_order import in_fixed_order
from tidegate.training.model_columns import ModelColumns


def test_the_same_rows_are_held_out_however_they_come(spark):
    frame = spark.range(1_000).withColumnRenamed("id", "wind")

    def parts(incoming):
        rows = TrainingRows(in_fixed_order(incoming, ["wind"], 2), ModelColumns((), ("wind",)), "label", 0)
        kept, held_out = without_held_out(rows, 0.3)
        return [{row["wind"] for row in each.collect()} for each in (kept.frame, held_out)]

    kept, held_out = parts(frame)

    assert kept | held_out == set(range(1_000))
    assert not kept & held_out
    assert 250 < len(held_out) < 350
    assert parts(frame.repartition(5).orderBy("wind", ascending=False)) == [kept, held_out]
