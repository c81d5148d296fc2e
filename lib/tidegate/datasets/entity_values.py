"""Convert the values that a user gave for an entity to the types of the entity's columns."""

from collections.abc import Mapping

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.errors import EntityValueError
from tidegate.feature_groups.definition import FeatureGroup


def typed_values(spark: SparkSession, group: FeatureGroup, values: Mapping[str, object]) -> dict[str, Column]:
    """Return the values as Spark columns of the types that a group declares. No job starts.

    Raises:
        EntityValueError: A value can't be converted to the type of its column.
    """
    kinds = {field.name: field.type for field in group.fields}
    columns = {name: _cast(group, name, value, kinds[name]) for name, value in values.items()}
    lost = [columns[name].isNull().alias(name) for name, value in values.items() if value is not None]
    # This query reads no table, so Spark computes it without a job.
    row = spark.sql("SELECT 1").select(*lost).first() if lost else None
    for name in values:
        if row is not None and name in row and row[name]:
            raise _error(group, name, values[name], kinds[name])
    return columns


def _cast(group: FeatureGroup, name: str, value: object, kind: T.DataType) -> Column:
    try:
        return F.lit(value).try_cast(kind)
    except (PySparkException, Py4JError, AttributeError):
        # These are the errors that Spark raises for a value that it can't convert. For an unknown object, py4j raises
        # AttributeError.
        raise _error(group, name, value, kind) from None


def _error(group: FeatureGroup, name: str, value: object, kind: T.DataType) -> EntityValueError:
    shown = "the given value (not shown, it is personal)" if name in group.personal_columns else repr(value)
    return EntityValueError(group.full_name, name, shown, kind.simpleString())
