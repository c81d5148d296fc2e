"""What the old root of `make_format_2.py` was made of; the same text for that commit and for this one."""

from datetime import UTC, datetime, timedelta

from pyspark.sql import types as T

from tidegate import FeatureChoice, FeatureGroup, FeatureView, Field, at_most

TEXT, NUMBER, REAL = T.StringType(), T.LongType(), T.DoubleType()
MONTH = timedelta(days=30)
FIRST, LATER, LAST = (datetime(2024, 1, day, tzinfo=UTC) for day in (1, 2, 20))


def _field(name: str, kind: T.DataType = TEXT) -> Field:
    return Field(name, kind, name)


ORDERS = FeatureGroup(
    "orders", 1, ("order_id",), (_field("order_id"), _field("customer_id"), _field("email"), _field("amount", REAL)), "orders",
    subject="customer_id", personal=("email",),
)  # fmt: skip
RETURNS = FeatureGroup("returns", 1, ("order_id",), (_field("order_id"), _field("returned", NUMBER)), "returned orders")
RIDERS = FeatureGroup("riders", 1, ("rider_id",), (_field("rider_id"), _field("trips", NUMBER)), "riders", subject="rider_id")
DRIVERS = FeatureGroup(
    "drivers", 1, ("driver_id",), (_field("driver_id"), _field("rating", REAL)), "drivers", subject="driver_id"
)
RIDES = FeatureGroup(
    "rides", 1, ("ride_id",),
    (_field("ride_id"), _field("rider_id"), _field("driver_id"), _field("late", NUMBER)), "rides", subject="rider_id",
    expectations=(at_most("late", 1440),),
)  # fmt: skip
RENAMED = {"customer_id": "buyer", "email": "sent_to"}
RETURNS_VIEW = FeatureView(
    "returns", 1, RETURNS, RETURNS, ("returned",),
    (FeatureChoice(ORDERS, ("amount", "customer_id", "email"), MONTH, rename=RENAMED),),
)  # fmt: skip
RIDES_VIEW = FeatureView(
    "rides", 1, RIDES, RIDES, ("late",), (FeatureChoice(RIDERS, ("trips",), MONTH), FeatureChoice(DRIVERS, ("rating",), MONTH))
)
