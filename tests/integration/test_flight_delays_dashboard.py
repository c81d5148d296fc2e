"""The dashboard page, made by real Spark from three formula-made days and looked at in headless Chromium."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from selenium import webdriver
from selenium.webdriver.support.ui import WebDriverWait
from tests.integration.requested_urls import requested_urls

from tidegate_examples.flight_delays.dashboard import write_dashboard
from tidegate_examples.flight_delays.view import CATEGORICAL, NUMERIC

DAYS, HOURS, ORIGINS, PER_HOUR = 3, 24, ["EWR", "JFK", "LGA"], 4
ROWS = DAYS * HOURS * len(ORIGINS) * PER_HOUR
GENERATED_AT = datetime(2013, 9, 4, 6, 30, tzinfo=UTC)
METRICS = {
    "base_rate": {"log_loss": 0.5012, "roc_auc": 0.5, "pr_auc": 0.2101},
    "boosted_trees": {"log_loss": 0.4321, "roc_auc": 0.7512, "pr_auc": 0.4711},
    "logistic_regression": {"log_loss": 0.4499, "roc_auc": 0.7203, "pr_auc": 0.4208},
}
pytestmark = pytest.mark.page
CHARTS = ["risk-by-hour", "reliability", "risk-by-day"]
PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}


def uniform(salt: str) -> Column:
    """A number in [0, 1) that depends on the row and the salt alone."""
    return F.pmod(F.xxhash64("id", F.lit(salt)), F.lit(10_000)) / 10_000


def one_of(values: list[str], place: Column) -> Column:
    """The value at `place`, starting again at the first after the last."""
    return F.element_at(F.array(*map(F.lit, values)), (F.floor(place) % len(values) + 1).cast("int"))


def predicted_flights(spark: SparkSession) -> DataFrame:
    """Flights of 1 to 3 September 2013, four an hour and airport, riskier in the evening."""
    number = F.col("id")
    hours = F.floor(number / (len(ORIGINS) * PER_HOUR)).cast("int")
    local_midnight = F.to_timestamp(F.lit("2013-09-01 04:00:00"))
    departure = local_midnight + F.make_dt_interval(F.lit(0), hours, (number * 7 % 60).cast("int"))
    risk = 0.05 + 0.016 * (hours % HOURS) + 0.3 * uniform("risk") * uniform("more")
    return spark.range(0, ROWS, 1, 2).select(
        "id",
        F.to_date(F.from_utc_timestamp(departure, "America/New_York")).alias("flight_date"),
        one_of(["AA", "B6", "UA", "<b>"], number).alias("carrier"),
        (number + 100).cast("int").alias("flight"),
        one_of(ORIGINS, number / PER_HOUR).alias("origin"),
        one_of(["LAX", "ORD", "ATL", "BOS", "MIA"], number).alias("dest"),
        F.format_string("N%05dXQ", number).alias("tailnum"),
        departure.alias("scheduled_departure"),
        (departure - F.expr("INTERVAL 2 HOURS")).alias("prediction_time"),
        F.least(F.lit(0.92), risk).alias("probability"),
    )


def prediction_table(spark: SparkSession) -> DataFrame:
    """The flights with the provenance columns of the prediction table."""
    return (
        predicted_flights(spark)
        .withColumns(
            {
                "prediction": (F.col("probability") >= 0.5).cast("int"),
                "release": F.lit("flight_delays-1"),
                "arm": F.lit("champion"),
                "model_name": F.lit("flight_delays"),
                "model_version": F.lit(1),
                "feature_view": F.lit("departure_delay"),
                "feature_view_version": F.lit(1),
                "feature_table_versions": F.create_map(
                    F.lit("origin_weather_1"),
                    F.lit(31).cast("long"),
                    F.lit("movements_1"),
                    F.lit(29).cast("long"),
                ),
                "scored_at": F.to_timestamp(F.lit("2013-09-03 05:10:00")),
            }
        )
        .drop("id")
    )


def outcome_table(spark: SparkSession) -> DataFrame:
    """Outcomes of the first two days that come true as often as predicted."""
    delayed = (uniform("outcome") < F.col("probability")).cast("int")
    cancelled = F.when((delayed == 1) & (uniform("cancelled") < 0.1), 1).otherwise(0)
    return (
        predicted_flights(spark)
        .where("flight_date < '2013-09-03'")
        .withColumns({"delayed": delayed, "cancelled": cancelled})
        .withColumn(
            "departure_delay_minutes",
            F.when(F.col("cancelled") == 0, F.when(F.col("delayed") == 1, 15 + 90 * uniform("late")).otherwise(-3.0)),
        )
        .withColumnRenamed("prediction_time", "event_time")
        .drop("id", "probability")
    )


@pytest.fixture(scope="module")
def page(spark_of_process: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("dashboard") / "pages" / "flight_delays.html"
    spark = spark_of_process
    written = write_dashboard(prediction_table(spark), outcome_table(spark), METRICS, str(path), GENERATED_AT)
    assert (written.flights, written.days, written.size) == (ROWS, DAYS, path.stat().st_size)
    return path


def show(browser: webdriver.Chrome, page: Path) -> None:
    """Open the page, with the logs emptied before, and wait until its charts are drawn."""
    browser.get_log("browser")
    browser.get_log("performance")
    browser.get(page.as_uri())
    drawn = "return document.documentElement.dataset.drawn"
    WebDriverWait(browser, 60).until(lambda shown: shown.execute_script(drawn))


def test_page_opens_without_console_message_or_request_elsewhere(browser: webdriver.Chrome, page: Path) -> None:
    show(browser, page)
    assert browser.get_log("browser") == []
    urls = requested_urls(browser)
    assert page.as_uri() in urls
    assert [url for url in urls if not url.startswith(("file:", "data:"))] == []


@pytest.mark.parametrize("chart", CHARTS)
def test_page_chart_holds_data_and_draws_marks(browser: webdriver.Chrome, page: Path, chart: str) -> None:
    show(browser, page)
    lengths = browser.execute_script(f"return document.getElementById('{chart}').data.map((trace) => trace.x.length)")
    marks = browser.execute_script(f"return document.querySelectorAll('#{chart} svg .points path').length")
    assert lengths
    assert min(lengths) > 0
    assert marks >= sum(lengths) / 2


def test_page_fits_a_phone(browser: webdriver.Chrome, page: Path) -> None:
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
    show(browser, page)
    width = browser.execute_script("return document.documentElement.scrollWidth")
    right_edges = "[...document.querySelectorAll('.chart svg')].map((chart) => chart.getBoundingClientRect().right)"
    widest = browser.execute_script(f"return Math.max(...{right_edges})")
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert width <= PHONE["width"]
    assert widest <= PHONE["width"]


def test_page_explains_every_feature_of_the_view_on_a_phone(browser: webdriver.Chrome, page: Path) -> None:
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
    show(browser, page)
    assert browser.find_element("css selector", "details").get_attribute("open") is None
    browser.execute_script("document.querySelectorAll('details').forEach((group) => { group.open = true; })")
    cells = "[...document.querySelectorAll('.meanings td, .meanings th, summary')]"
    # Text that is wider than its cell would stand over the next one.
    cut = browser.execute_script(f"return {cells}.filter((cell) => cell.scrollWidth > cell.clientWidth + 1).length")
    rights = f"{cells}.map((cell) => cell.getBoundingClientRect().right)"
    widest = browser.execute_script(f"return Math.max(document.documentElement.scrollWidth, ...{rights})")
    rows = "[...document.querySelectorAll('.meanings tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent))"
    shown = {name: (meaning, unit) for name, meaning, unit in browser.execute_script(f"return {rows}")}
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert (cut, widest <= PHONE["width"]) == (0, True)
    assert set(shown) == {*CATEGORICAL, *NUMERIC}
    assert shown["temperature_f"] == ("air temperature", "degrees Fahrenheit")
    assert all(meaning for meaning, _ in shown.values())


def test_page_names_no_aircraft_and_escapes_values(page: Path, spark: SparkSession) -> None:
    text = page.read_text(encoding="utf-8")
    tailnums = [row.tailnum for row in prediction_table(spark).select("tailnum").collect()]
    assert len(tailnums) == ROWS
    assert [tailnum for tailnum in tailnums if tailnum in text] == []
    assert "&lt;b&gt; " in text
    assert "<b> " not in text


def test_page_says_what_it_means(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert "Of 57 flights given about 40\u00a0% risk, 40\u00a0% were late." in text
    assert "On 3 September 2013 the riskiest of 288 flights is" in text
    assert "Over 2 days with known outcomes" in text
    assert "boosted trees has the lowest log loss, 0.4321" in text
    assert "Page made 2013-09-04 06:30 UTC" in text
    assert "origin_weather_1" in text


def test_page_without_outcomes_says_so(browser: webdriver.Chrome, spark: SparkSession, tmp_path: Path) -> None:
    nothing = outcome_table(spark).limit(0)
    page = tmp_path / "early.html"
    write_dashboard(prediction_table(spark), nothing, {}, str(page), GENERATED_AT)
    show(browser, page)
    assert browser.get_log("browser") == []
    assert "No day's outcomes are known yet" in browser.find_element("tag name", "main").text
    assert "outcomes are not known yet" in browser.find_element("tag name", "main").text


def test_page_without_predictions_says_so(browser: webdriver.Chrome, spark: SparkSession, tmp_path: Path) -> None:
    page = tmp_path / "empty.html"
    empty = prediction_table(spark).limit(0)
    written = write_dashboard(empty, outcome_table(spark), METRICS, str(page), GENERATED_AT)
    show(browser, page)
    assert written.flights == 0
    assert browser.get_log("browser") == []
    assert "There are no predictions yet" in browser.find_element("tag name", "main").text
