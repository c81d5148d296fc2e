"""The data that the benchmark of loads reads: the same rows of five columns as CSV, JSON lines, Parquet, and a Delta table."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from tidegate import Field

SENSOR = Field("sensor", T.LongType(), "the sensor")
OBSERVED_AT = Field("observed_at", T.TimestampType(), "when it was measured, UTC")
TEMPERATURE = Field("temperature", T.DoubleType(), "of the air", "degrees Celsius")
HUMIDITY = Field("humidity", T.DoubleType(), "of the air", "per cent")
SERIAL = Field("serial", T.LongType(), "number of the report")
FIELDS = (SENSOR, OBSERVED_AT, TEMPERATURE, HUMIDITY, SERIAL)
CSV, JSON, PARQUET, DELTA = "csv", "json", "parquet", "delta"
FORMATS = (CSV, JSON, PARQUET, DELTA)
FILES, SENSORS, DAYS = 8, 5000, 90
_MICROS = DAYS * 86_400_000_000
_ABOUT = "data.json"
_AS_TEXT = "strftime(observed_at, '%Y-%m-%dT%H:%M:%SZ') AS observed_at"
_COPY = {
    CSV: f"SELECT * REPLACE ({_AS_TEXT}) FROM made) TO '{{}}' (FORMAT csv, HEADER, DELIMITER ',')",
    JSON: f"SELECT * REPLACE ({_AS_TEXT}) FROM made) TO '{{}}' (FORMAT json)",
    PARQUET: "SELECT * REPLACE (observed_at::TIMESTAMPTZ AS observed_at) FROM made) TO '{}' (FORMAT parquet, COMPRESSION snappy)",
}


@dataclass(frozen=True)
class Data:
    """The description of the data in a folder.

    Attributes:
        folder: The folder. Each format has a folder of its own in it.
        rows: Number of rows. Each sensor measures at its own second, so no two rows are of one event.
    """

    folder: str
    rows: int

    def of(self, form: str) -> str:
        """Return the folder with the files of a format."""
        return f"{self.folder}/{form}"

    def size(self, form: str) -> int:
        """Return the bytes of the files of a format."""
        return sum(file.stat().st_size for file in Path(self.of(form)).glob(f"*.{PARQUET if form == DELTA else form}"))

    @staticmethod
    def load(folder: Path) -> "Data":
        """Read the description of the data in a folder."""
        return Data(**json.loads((folder / _ABOUT).read_text()))


def make_files(folder: Path, rows: int) -> Data:
    """Write the files of all formats except Delta, unless the folder has them already."""
    if (folder / _ABOUT).exists():
        return Data.load(folder)
    data, each = Data(str(folder), rows), rows // FILES
    with duckdb.connect() as database:
        database.sql("SET TimeZone = 'UTC'")
        for number in range(FILES):
            first, end = number * each, rows if number == FILES - 1 else (number + 1) * each
            database.sql(
                f"""CREATE OR REPLACE TEMP TABLE made AS SELECT * EXCLUDE micros FROM (SELECT i % {SENSORS} AS sensor,
                    CAST(i::HUGEINT * {_MICROS} // {rows} AS BIGINT) AS micros,
                    date_trunc('second', TIMESTAMP '2024-01-01' + to_microseconds(micros)) AS observed_at,
                    round(20 + 10 * sin(i), 2) AS temperature, round(50 + 30 * cos(i), 2) AS humidity, i AS serial
                FROM range({first}, {end}) AS numbers(i))"""
            )
            for form, copy in _COPY.items():
                Path(data.of(form)).mkdir(parents=True, exist_ok=True)
                database.sql(f"COPY ({copy.format(f'{data.of(form)}/part-{number}.{form}')}")
    (folder / _ABOUT).write_text(json.dumps(asdict(data)))
    return data


def make_table(spark: SparkSession, data: Data) -> None:
    """Write the Delta table with the same rows, unless it is there already."""
    path = data.of(DELTA)
    if not (Path(path) / "_delta_log").exists():
        rows = spark.read.parquet(data.of(PARQUET))
        rows.write.format("delta").option("delta.enableChangeDataFeed", "true").save(path)
