"""The columns of every prediction table, in addition to the entity key, the carried columns and those of the task."""

from pyspark.sql import types as T

PREDICTION_TIME = "prediction_time"
RELEASE, ARM, SERVED, SCORED_AT = "release", "arm", "served", "scored_at"

# The provenance of a prediction.
PROVENANCE = T.StructType(
    [
        T.StructField(RELEASE, T.StringType()),
        T.StructField(ARM, T.StringType()),
        T.StructField("model_name", T.StringType()),
        T.StructField("model_version", T.IntegerType()),
        T.StructField("feature_view", T.StringType()),
        T.StructField("feature_view_version", T.IntegerType()),
        T.StructField("feature_table_versions", T.MapType(T.StringType(), T.LongType())),
        T.StructField("code_version", T.StringType()),
        T.StructField(SCORED_AT, T.TimestampType()),
        T.StructField("estimator", T.StringType()),
        T.StructField(SERVED, T.BooleanType()),
    ]
)
# The feature groups in which the row found no row, so that all their features are NULL. NULL if it found a row in every group.
ABSENT_GROUPS = "absent_groups"
# Why a row has no prediction: the task's columns are NULL then. NULL in all other rows.
WHY_NOT = "why_not_predicted"
# Numbers the rows of one entity, prediction time, release and arm from 0. The writer adds it.
REVISION = "revision"
# The columns whose values tidegate writes, with their types.
OUTPUT_FIELDS = (
    T.StructField(PREDICTION_TIME, T.TimestampType()),
    *PROVENANCE.fields,
    T.StructField(ABSENT_GROUPS, T.ArrayType(T.StringType())),
    T.StructField(WHY_NOT, T.StringType()),
    T.StructField(REVISION, T.IntegerType()),
)
OUTPUT_COLUMNS = tuple(field.name for field in OUTPUT_FIELDS)
