"""NBA basketball: games of a season with ratings, as published day by day."""
