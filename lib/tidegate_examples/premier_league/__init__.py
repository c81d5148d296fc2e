"""Premier League football: the results as published during a season, and the fixtures as they were announced and moved."""
