"""The catalog: tables with the meaning, the code and the statistics of every feature."""
