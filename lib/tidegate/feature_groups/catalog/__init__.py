"""The catalog: the meaning, the code and the statistics of every feature, as tables of the store."""
