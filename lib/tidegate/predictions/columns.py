"""The columns of a prediction table that every one of them has, beside the entity key and what is carried."""

from pyspark.sql import types as T

PREDICTION_TIME, PROBABILITY, PREDICTION = "prediction_time", "probability", "prediction"

# What made a prediction.
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
# Of each row the feature groups of which it found no row, so that all of their features are NULL; NULL: it found one of each.
ABSENT_GROUPS = "absent_groups"
OUTPUT_COLUMNS = (PREDICTION_TIME, PROBABILITY, PREDICTION, *PROVENANCE.names, ABSENT_GROUPS)
# Columns that tables of an older tidegate were made without; their rows have NULL there.
ADDED_COLUMNS = ("estimator", ABSENT_GROUPS)
