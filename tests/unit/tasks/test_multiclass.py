import pytest
from pyspark.sql import functions as F

from tidegate import Multiclass
from tidegate.errors import DefinitionError


def test_multiclass_reads_and_predicts_its_classes(spark):
    """Of equally likely classes the first one is predicted."""
    texts, numbers = Multiclass(("on time", "late", "cancelled")), Multiclass((-1, 0, 7))
    rows = [("late", 7, 0.2, 0.5, 0.3), ("on time", -1, 0.4, 0.2, 0.4), ("Late", 3, 0.0, 0.5, 0.5), (None, None, 0.1, 0.1, 0.8)]
    frame = spark.createDataFrame(rows, "word string, number int, a double, b double, c double")
    scores = [F.col(name) for name in "abc"]

    found = frame.select(
        texts.is_usable(F.col("word")),
        texts.encoded(F.col("word")),
        texts.predictions(scores)[-1],
        numbers.is_usable(F.col("number")),
        numbers.encoded(F.col("number")),
        numbers.predictions(scores)[-1],
    ).collect()

    assert [tuple(row) for row in found] == [
        (True, 1.0, "late", True, 2.0, 0),
        (True, 0.0, "on time", True, 0.0, -1),
        (False, -1.0, "late", False, -1.0, 0),
        (False, None, "cancelled", False, None, 7),
    ]
    assert texts.outputs == ("probability_on_time", "probability_late", "probability_cancelled")
    assert (texts.label_rule, texts.classes) == ("a text, one of 'on time', 'late', 'cancelled'", 3)
    assert numbers.outputs == ("probability__1", "probability_0", "probability_7")
    assert numbers.label_rule == "a whole number, one of -1, 0, 7"


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), "name at least two classes"),
        (("a",), "name at least two classes"),
        (("a", "b", "a"), "'probability_a' occurs twice; give one of the classes another name"),
        (("a b", "a-b"), "'probability_a_b' occurs twice"),
        (("a", "A"), "differ only in upper and lower case"),
        (("a", 1), "class_names"),
        ((True, False), "class_names"),
        ("ab", "class_names"),
    ],
)
def test_multiclass_refuses_classes_that_can_not_be_columns(names, message):
    with pytest.raises(DefinitionError, match=message):
        Multiclass(names)
