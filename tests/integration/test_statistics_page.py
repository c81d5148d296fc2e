"""The page of statistics in headless Chromium: no message, no request elsewhere, numbers below the pointer, room on a phone."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyspark.sql import Row
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from tests.integration.requested_urls import requested_urls

from tidegate.feature_groups.catalog.statistics_table import SCHEMA
from tidegate.monitoring.feature_history import FeatureHistory, GroupHistory, ShownCommit
from tidegate.monitoring.statistics_page import statistics_page

pytestmark = pytest.mark.page
NOW = datetime(2024, 5, 1, tzinfo=UTC)
LONG_NAME = "share_of_departures_of_the_last_seven_days_that_were_late_by_an_hour_or_more"


def feature(name: str, course: list[float | None]) -> FeatureHistory:
    top = [{"value": "a very long value of many words that goes on", "count": 60}]
    found = {"feature": name, "type": "string", "rows": 100, "nulls": 0, "null_share": 0.0, "distinct": 4, "top": top}
    newest = Row(**{**dict.fromkeys(SCHEMA.names), "quantiles": [], "shortest": 1, "longest": 44, **found})
    return FeatureHistory(newest, "what it means", "", False, "distinct", course, [0.0] * len(course))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    commits = [ShownCommit(place, f"day-{place}", NOW + timedelta(days=place), 100) for place in range(3)]
    features = [feature(LONG_NAME, [10.0, None, 30.0]), feature("wind", [1.0, 2.0, 3.0])]
    groups = [GroupHistory("late_v1", 3, commits, features), GroupHistory("early_v1", 3, commits, features[1:])]
    path = tmp_path_factory.mktemp("statistics") / "page.html"
    path.write_text(statistics_page(groups, NOW), encoding="utf-8")
    return path


def show(browser: webdriver.Chrome, page: Path) -> None:
    browser.get_log("browser")
    browser.get_log("performance")
    browser.get(page.as_uri())
    assert browser.execute_script("return document.documentElement.dataset.ready") == "yes"


def test_page_opens_without_console_message_or_request_elsewhere(browser: webdriver.Chrome, page: Path) -> None:
    show(browser, page)
    assert browser.get_log("browser") == []
    urls = requested_urls(browser)
    assert page.as_uri() in urls
    assert [url for url in urls if not url.startswith(("file:", "data:"))] == []


@pytest.mark.parametrize(
    ("place", "said"), [(-0.49, "10 at version 0, batch day-0"), (0, "– at version 1"), (0.49, "30 at version 2")]
)
def test_line_says_value_and_commit_below_the_pointer(browser: webdriver.Chrome, page: Path, place: float, said: str) -> None:
    show(browser, page)
    plot = browser.find_element(By.CSS_SELECTOR, "tbody tr td:last-child svg.course")
    ActionChains(browser).move_to_element_with_offset(plot, round(place * plot.size["width"]), 0).perform()
    tip = browser.find_element(By.ID, "tip")
    assert tip.is_displayed()
    assert tip.text.startswith(said)
    assert plot.find_element(By.CSS_SELECTOR, ".pointer").get_attribute("d")
    ActionChains(browser).move_to_element(browser.find_element(By.TAG_NAME, "h1")).perform()
    assert not tip.is_displayed()


def test_words_choose_the_features_that_are_shown(browser: webdriver.Chrome, page: Path) -> None:
    show(browser, page)

    def shown(words: str) -> list[str]:
        field = browser.find_element(By.ID, "filter")
        field.send_keys(Keys.CONTROL, "a", Keys.NULL, Keys.DELETE, words)
        return [row.text.split("\n")[0] for row in browser.find_elements(By.CSS_SELECTOR, "tbody th") if row.is_displayed()]

    assert shown("LATE wind") == ["wind"]
    assert not browser.find_element(By.ID, "group-1").is_displayed()
    assert shown("") == [LONG_NAME, "wind", "wind"]


def test_page_fits_a_phone(browser: webdriver.Chrome, page: Path) -> None:
    phone = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    show(browser, page)
    rights = "[...document.querySelectorAll('main *')].map((each) => each.getBoundingClientRect().right)"
    widest = browser.execute_script(f"return Math.max(document.documentElement.scrollWidth, ...{rights})")
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert widest <= phone["width"]
