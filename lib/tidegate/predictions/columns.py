"""The columns of every prediction table, in addition to the entity key, the carried columns and the predictions of the task."""

from pyspark.sql import types as T

PREDICTION_TIME = "prediction_time"

# The provenance of a prediction.
PROVENANCE = T.StructType(
    [
        T.StructField("release", T.StringType()),
        T.StructField("arm", T.StringType()),
        T.StructField("model_name", T.StringType()),
        T.StructField("model_version", T.IntegerType()),
        T.StructField("feature_view", T.StringType()),
        T.StructField("feature_view_version", T.IntegerType()),
        T.StructField("feature_table_versions", T.MapType(T.StringType(), T.LongType())),
        T.StructField("scored_at", T.TimestampType()),
        T.StructField("estimator", T.StringType()),
    ]
)
# The feature groups in which the row found no row, so that all their features are NULL. NULL if it found a row in every group.
ABSENT_GROUPS = "absent_groups"
OUTPUT_COLUMNS = (PREDICTION_TIME, *PROVENANCE.names, ABSENT_GROUPS)
# Older versions of tidegate created tables without these columns. The older rows have NULL there.
ADDED_COLUMNS = ("estimator", ABSENT_GROUPS)
