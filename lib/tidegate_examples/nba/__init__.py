"""NBA basketball: the games of a season with the teams' ratings, as published day by day."""
