"""Online retail: purchases of customers, a file a day."""
