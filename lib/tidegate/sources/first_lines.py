"""The first lines of a file, read on the driver."""

import re

from pyspark.sql import SparkSession

from tidegate.hadoop import open_path
from tidegate.jvm import java_class

# A file whose first line is longer has no header that a person wrote.
_LONGEST = 1_000_000


def first_lines(spark: SparkSession, uri: str, count: int) -> list[str]:
    """Return up to so many lines from the start of a text file, unpacked where its name says that it is packed."""
    path, file_system = open_path(spark, uri)
    codecs = java_class(spark, "org.apache.hadoop.io.compress.CompressionCodecFactory")(file_system.getConf())
    codec, stream = codecs.getCodec(path), file_system.open(path)
    try:
        packed = stream if codec is None else codec.createInputStream(stream)
        # Line by line in the JVM: bytes would come to Python one by one.
        text = java_class(spark, "java.io.InputStreamReader")(packed, "UTF-8")
        reader = java_class(spark, "java.io.BufferedReader")(text)
        lines = [reader.readLine() for _ in range(count)]
    finally:
        stream.close()
    return [re.sub("^\ufeff", "", line)[:_LONGEST] for line in lines if line is not None]
