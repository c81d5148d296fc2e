"""Online retail: the purchases of a shop's customers, with one file per day."""

from tidegate import Loading
from tidegate_examples.online_retail.purchases import INVOICE_LINES, PURCHASES, purchases

LOADS = (Loading(INVOICE_LINES, PURCHASES, "invoice_lines", purchases),)
