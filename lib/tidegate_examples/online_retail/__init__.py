"""Online retail: the purchases of a shop's customers, with one file per day."""

from tidegate import FeatureStep, System, reads
from tidegate_examples.online_retail.purchases import INVOICE_LINES, PURCHASES, purchases

SYSTEM = System(
    name="online_retail",
    description="What do the customers of a shop buy?",
    zone="Europe/London",
    # The lines of one minute can come in several files, so they are stored first and summed together.
    steps=(FeatureStep(PURCHASES, (reads(INVOICE_LINES),), purchases),),
)
