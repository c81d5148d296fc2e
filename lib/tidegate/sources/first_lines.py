"""Read the first lines of a file on the driver."""

import re

from pyspark.sql import SparkSession

from tidegate.hadoop import open_path
from tidegate.jvm import java_class

# In characters. A longer line is cut: it is no header that a person wrote.
_LONGEST = 1_000_000


def first_lines(spark: SparkSession, uri: str, count: int) -> list[str]:
    """Return the first lines of a text file.

    Args:
        spark: The session.
        uri: The file. If its name has the ending of a compression format, such as `.gz`, it is decompressed.
        count: The number of lines; the result has fewer if the file has fewer.
    """
    path, file_system = open_path(spark, uri)
    codecs = java_class(spark, "org.apache.hadoop.io.compress.CompressionCodecFactory")(file_system.getConf())
    codec, stream = codecs.getCodec(path), file_system.open(path)
    try:
        packed = stream if codec is None else codec.createInputStream(stream)
        # The JVM reads whole lines, because reading bytes from Python takes one call per byte.
        text = java_class(spark, "java.io.InputStreamReader")(packed, "UTF-8")
        reader = java_class(spark, "java.io.BufferedReader")(text)
        lines = [reader.readLine() for _ in range(count)]
    finally:
        stream.close()
    return [re.sub("^\ufeff", "", line)[:_LONGEST] for line in lines if line is not None]
