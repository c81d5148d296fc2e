"""Invoice lines as the shop exported them: with unknown customers, repeated lines, and cancellations as negative quantities."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate import Csv, FeatureGroup, Field, Source, not_null, row_count

MONEY = T.DecimalType(20, 3)

INVOICE_LINES = Source(
    name="invoice_lines",
    fields=(
        Field("InvoiceNo", T.StringType(), "number of the invoice; with a C in front: of a cancellation"),
        Field("StockCode", T.StringType(), "article"),
        Field("Description", T.StringType(), "name of the article"),
        Field("Quantity", T.IntegerType(), "pieces; negative where they came back", "pieces"),
        Field("InvoiceDate", T.TimestampType(), "time of the invoice, London time"),
        Field("UnitPrice", MONEY, "price of one piece", "GBP"),
        Field("CustomerID", T.StringType(), "customer; NULL where it was not asked for"),
        Field("Country", T.StringType(), "country of the customer"),
    ),
    format=Csv(),
    # Lines that are equal in all of these count once.
    key=("InvoiceNo", "StockCode", "Quantity", "UnitPrice", "CustomerID"),
    event_time="InvoiceDate",
    zone="Europe/London",
    patterns={"InvoiceDate": "yyyy-MM-dd HH:mm:ss"},
    required=("InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "UnitPrice"),
    subject="CustomerID",
    # A quarter of all lines has no customer. They are correct, but say nothing about what a customer does.
    expectations=(not_null("CustomerID", "drop"),),
    batch_expectations=(row_count(1),),
)

PURCHASES = FeatureGroup(
    name="purchases",
    version=1,
    entity_key=("customer_id",),
    fields=(
        Field("customer_id", T.StringType(), "customer"),
        Field("lines", T.LongType(), "different lines on the customer's invoices of that minute", "lines"),
        Field("pieces", T.LongType(), "pieces bought, less those that came back", "pieces"),
        Field("spent", T.DecimalType(38, 3), "paid, less what was paid back", "GBP"),
    ),
    description="What customers bought; event_time is the time of the invoice",
    subject="customer_id",
    history="all",
)


def purchases(lines: DataFrame) -> DataFrame:
    """Sum the lines of INVOICE_LINES to rows of PURCHASES, one for each customer and minute."""
    amount = (F.col("Quantity") * F.col("UnitPrice")).cast(MONEY)
    summed = lines.groupBy("CustomerID", "event_time").agg(
        F.count("*").alias("lines"), F.sum("Quantity").alias("pieces"), F.sum(amount).cast("decimal(38,3)").alias("spent")
    )
    return summed.select(F.col("CustomerID").alias("customer_id"), "lines", "pieces", "spent", "event_time")
