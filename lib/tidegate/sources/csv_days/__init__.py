"""CSV files in a folder a day, as `CsvSource` declares them: a feature pipeline reads all days of its period, or none."""
