"""Premier League football: results as published during a season, and fixtures as they were announced and moved."""
