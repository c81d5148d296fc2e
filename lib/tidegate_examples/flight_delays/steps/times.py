"""Times that several steps share."""

from datetime import timedelta

PREDICTION_LEAD = timedelta(hours=2)
DELAYED_FROM_MINUTES = 15
