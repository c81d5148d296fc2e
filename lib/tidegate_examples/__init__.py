"""Example systems on real data. They use only what `tidegate` exports, as a user's own package would."""
