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
    ]
)
OUTPUT_COLUMNS = (PREDICTION_TIME, PROBABILITY, PREDICTION, *PROVENANCE.names)
