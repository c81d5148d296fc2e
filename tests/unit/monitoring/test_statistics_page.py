"""The page of statistics: what it shows of one commit and of many, and that no value of the data becomes HTML."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from pyspark.sql import Row, SparkSession
from pyspark.sql import types as T

from tidegate import Csv, FeatureGroup, FeatureStep, Field, Source
from tidegate.feature_groups.catalog.features_table import record_features
from tidegate.feature_groups.catalog.measures import PROBABILITIES
from tidegate.feature_groups.catalog.statistics import FeatureStatistics, Quantile, TopValue
from tidegate.feature_groups.catalog.statistics_table import CommitStatistics, record_statistics, statistics_frame
from tidegate.monitoring.feature_history import MOST_COMMITS, GroupHistory, group_histories
from tidegate.monitoring.number_text import number_text, percent_text
from tidegate.monitoring.small_plots import course, distribution
from tidegate.monitoring.statistics_page import NOTHING, statistics_page
from tidegate.tables.store import Store

NOW = datetime(2024, 5, 1, 6, 30, tzinfo=UTC)
HOSTILE = "</script><img src=x onerror=alert(1)>\"'&amp;$title"
# A name that a definition lets pass.
NAME = "<script>&$title"
VOID = {"meta", "link", "input", "br", "wbr", "img"}

FIELDS = (
    Field("station", T.StringType(), f"station id {HOSTILE}"),
    Field("pulse", T.DoubleType(), "heart rate at rest", f"1/min {HOSTILE}"),
    Field("smokes", T.BooleanType(), "whether the patient smokes"),
    Field(NAME, T.StringType(), "a field with a bad name"),
    Field("parts", T.ArrayType(T.LongType()), "what is not measured"),
)
GROUP = FeatureGroup("ward", 3, ("station",), FIELDS, "x")


def statistics_of(place: int) -> tuple[FeatureStatistics, ...]:
    """What a commit said; the mean of the pulse is its place, and every tenth commit has no pulse at all."""
    quantiles = tuple(Quantile(share, 40.0 + 100 * share + place) for share in PROBABILITIES)
    ends = {"minimum": 30.0, "maximum": 200.0, "minimum_text": "30.0", "maximum_text": "200.0"}
    measured = {"mean": float(place), "deviation": 2.5, "quantiles": quantiles, **ends} if place % 10 else {}
    noon = datetime(2024, 1, 1, 12, tzinfo=UTC).timestamp()
    times = {"minimum": noon, "maximum": noon, "minimum_text": "2024-01-01 12:00:00", "maximum_text": "2024-01-01 12:00:00"}
    top = (TopValue(HOSTILE, 60), TopValue("", 30))
    return (
        FeatureStatistics("station", "string", 100, 0, distinct=4_000),
        FeatureStatistics("pulse", "double", 100, 25 if measured else 100, 3 if measured else 0, **measured),
        FeatureStatistics("smokes", "boolean", 100, 0, true_share=place / 1_000),
        FeatureStatistics(NAME, "string", 100, 10, shortest=0, longest=47, distinct=2, top=top),
        FeatureStatistics("parts", "array<bigint>", 100, 1),
        FeatureStatistics("event_time", "timestamp", 100, 0, **times),
    )


def histories(spark: SparkSession, root: Path, places: list[int], catalog: bool = True) -> list[GroupHistory]:
    store = Store.open(spark, str(root))
    if catalog:
        source = Source("monitor", (Field("device", T.StringType(), "device"),), Csv())
        record_features(store, [FeatureStep(GROUP, (source,), lambda rows: rows)], NOW)
    commits = [
        CommitStatistics(GROUP, place, f"batch-{place} {HOSTILE}", NOW + timedelta(hours=place), statistics_of(place))
        for place in places
    ]
    record_statistics(store, commits)
    return group_histories(store, statistics_frame(store))


@dataclass
class Element:
    """An element with the text inside it."""

    tag: str
    attributes: dict[str, str]
    text: str = ""
    inside: list["Element"] = field(default_factory=list)

    def all(self, tag: str, kind: str = "") -> list["Element"]:
        below = [found for child in self.inside for found in child.all(tag, kind)]
        here = self.tag == tag and kind in ("", self.attributes.get("class"))
        return [self, *below] if here else below


class Parsed(HTMLParser):
    """The tree of a page; fails where a tag isn't closed by its own."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open = [Element("page", {})]
        self.feed(text)
        self.close()
        assert [element.tag for element in self.open] == ["page"]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].inside.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].inside.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data

    @property
    def root(self) -> Element:
        return self.open[0]


def parsed(groups: list[GroupHistory]) -> Element:
    return Parsed(statistics_page(groups, NOW)).root


def row_of(page: Element, feature: str) -> list[Element]:
    """The cells of a feature's row."""
    rows = [row for row in page.all("tr") if row.inside[0].text.startswith(feature)]
    (row,) = rows
    return row.inside


def test_page_of_a_store_without_statistics_says_so(spark: SparkSession, tmp_path: Path) -> None:
    store = Store.open(spark, str(tmp_path))
    page = parsed(group_histories(store, statistics_frame(store)))
    assert [empty.text for empty in page.all("div", "empty")] == [NOTHING]
    assert page.all("table") == page.all("input") == []
    assert not any(tmp_path.iterdir())


@pytest.mark.slow
def test_page_of_one_commit_shows_every_feature_and_no_line(spark: SparkSession, tmp_path: Path) -> None:
    page = parsed(histories(spark, tmp_path, [7]))
    (section,) = page.all("section")
    assert section.all("h2")[0].text == "ward_v3"
    assert "6 features in 1 feature group:" in page.text
    assert "the only commit with statistics" in section.text
    assert f"Newest commit: version 7, batch batch-7 {HOSTILE}, 2024-05-01 13:30 UTC, 100 rows." in section.text
    names = [row.inside[0].text.removesuffix(row.all("small")[0].text) for row in page.all("tbody")[0].all("tr")]
    assert names == ["station", NAME, "event_time", "parts", "pulse", "smokes"]  # the key first
    assert section.all("path", "line") == section.all("svg", "box-plot")[0].all("path", "line")

    name, meaning, rows, nulls, values, over = row_of(page, "pulse")
    assert name.all("small")[0].text == f"double, 1/min {HOSTILE}"
    assert (meaning.text, rows.text) == ("heart rate at rest", "100")
    assert nulls.text.startswith("25 %")
    assert "3 NaN or infinite" in nulls.text
    title = values.all("title")[0].text
    assert title.startswith("quantiles 1% 48, 5% 52, 25% 72, 50% 97, 75% 122, 95% 142, 99% 146; mean 7, standard deviation 2.5")
    assert values.all("svg")[0].attributes["aria-label"] == title
    assert "30 to 200, median 97" in values.text
    assert over.text.startswith("7 mean")

    assert "0.7 %" in row_of(page, "smokes")[4].text
    assert "about 4,000 different values, none of them frequent" in row_of(page, "station")[4].text
    assert "not measured" in row_of(page, "parts")[4].text
    assert row_of(page, "parts")[5].text == ""
    assert row_of(page, "event_time")[4].text == "2024-01-01 12:00:00 UTCto 2024-01-01 12:00:00 UTC"
    assert row_of(page, "event_time")[1].text == "When the described thing was true, UTC"


@pytest.mark.slow
def test_values_of_the_data_become_no_html(spark: SparkSession, tmp_path: Path) -> None:
    groups = histories(spark, tmp_path, [1, 2])
    page = parsed(groups)
    bars = row_of(page, NAME)[4].all("li")
    assert [(bar.all("span")[0].text, bar.text.endswith(share)) for bar, share in zip(bars, ("67 %", "33 %"), strict=True)] == [
        (HOSTILE, True),
        ("empty text", True),
    ]
    assert bars[0].attributes["title"] == f"{HOSTILE}: 60 rows"
    assert (page.all("img"), len(page.all("script"))) == ([], 1)
    assert row_of(page, "station")[1].text == f"station id {HOSTILE}"
    commits = json.loads(page.all("section")[0].attributes["data-commits"])
    assert commits[1] == f"version 2, batch batch-2 {HOSTILE}, 2024-05-01 08:30 UTC"
    titled = Parsed(statistics_page(groups, NOW, HOSTILE)).root
    assert titled.all("h1")[0].text == titled.all("title")[0].text == HOSTILE
    for element in [each for tag in ("a", "link", "script", "img", "iframe") for each in page.all(tag)]:
        for name in ("href", "src"):
            assert element.attributes.get(name, "#").startswith(("#", "data:,"))
    assert "http" not in statistics_page(groups, NOW).replace("http://www.w3.org/2000/svg", "")  # the name of SVG, no request


@pytest.mark.slow
def test_page_of_many_commits_draws_the_newest_and_says_so(spark: SparkSession, tmp_path: Path) -> None:
    recorded = MOST_COMMITS + 25
    (group,) = histories(spark, tmp_path, list(range(1, recorded + 1)), catalog=False)
    assert (group.recorded, len(group.commits)) == (recorded, MOST_COMMITS)
    assert [commit.table_version for commit in group.commits] == list(range(26, recorded + 1))
    pulse = next(each for each in group.features if each.name == "pulse")
    assert (pulse.measure, pulse.meaning, pulse.unit) == ("mean", "", "")
    assert list(pulse.course) == [float(place) if place % 10 else None for place in range(26, recorded + 1)]
    assert set(pulse.null_shares) == {0.25, 1.0}
    page = parsed([group])
    assert "The lines show the newest 200 of 225 commits with statistics." in page.text
    plot = row_of(page, "pulse")[5].all("svg")[0]
    texts = plot.attributes["data-texts"].split("|")
    assert (len(texts), texts[0], texts[4], texts[-1]) == (MOST_COMMITS, "26", "–", "225")
    assert plot.attributes["aria-label"] == "mean of pulse over 180 commits: least 26, greatest 225, newest 225"
    assert len(json.loads(page.all("section")[0].attributes["data-commits"])) == MOST_COMMITS
    (line,) = plot.all("path")
    assert line.attributes["d"].count("M") == 21  # 20 gaps
    assert "Newest commit: version 225" in page.text


@pytest.mark.slow
def test_groups_and_versions_stand_apart_and_a_new_feature_begins_late(spark: SparkSession, tmp_path: Path) -> None:
    store = Store.open(spark, str(tmp_path))
    mean = {"mean": 5.0}

    def commit(name: str, version: int, place: int, *features: str) -> CommitStatistics:
        of = FeatureGroup(name, version, ("station",), FIELDS[:1], "x")
        found = tuple(FeatureStatistics(feature, "double", place * 10, 0, **mean) for feature in features)
        return CommitStatistics(of, place, None, NOW, found)

    commits = [
        commit("a", 1, 4, "gone", "old"),
        commit("a", 1, 5, "new", "old"),
        commit("a", 2, 1, "old"),
        commit("b", 1, 9, "old"),
    ]
    record_statistics(store, commits)
    groups = group_histories(store, statistics_frame(store))
    assert [(group.name, group.recorded, [each.name for each in group.features]) for group in groups] == [
        ("a_v1", 2, ["new", "old"]),
        ("a_v2", 1, ["old"]),
        ("b_v1", 1, ["old"]),
    ]
    assert [list(each.course) for each in groups[0].features] == [[None, 5.0], [5.0, 5.0]]
    assert [commit.rows for commit in groups[0].commits] == [40, 50]
    page = parsed(groups)
    links = [link.attributes["href"] for link in page.all("nav")[0].all("a")]
    assert links == [f"#{section.attributes['id']}" for section in page.all("section")] == ["#group-0", "#group-1", "#group-2"]


def points(drawn: str) -> list[tuple[float, float]]:
    (path,) = Parsed(drawn).root.all("path")
    return [tuple(map(float, point.split(","))) for point in path.attributes["d"].removeprefix("M").split()]  # type: ignore[misc]


def test_course_goes_from_left_to_right_and_from_the_least_to_the_greatest() -> None:
    assert points(course("x", [1.0, 3.0, 2.0], ["1", "3", "2"])) == [(3.0, 29.0), (75.0, 3.0), (147.0, 16.0)]
    assert points(course("x", [0.25, 0.5], ["1", "2"], from_zero=True)) == [(3.0, 16.0), (147.0, 3.0)]
    assert points(course("x", [7.0, 7.0], ["7", "7"])) == [(3.0, 16.0), (147.0, 16.0)]
    assert points(course("x", [0.0, 0.0], ["0", "0"], from_zero=True)) == [(3.0, 29.0), (147.0, 29.0)]
    assert points(course("x", [-1.7e308, 1.7e308], ["a", "b"])) == [(3.0, 29.0), (147.0, 3.0)]
    alone = Parsed(course("x", [None, 4.0, None], ["–", "4", "–"])).root
    assert (len(alone.all("circle")), alone.all("path")) == (1, [])
    assert "no values" in course("x", [None, None], ["–", "–"])


def test_distribution_of_equal_values_is_a_bar_in_the_middle() -> None:
    quantiles = [{"probability": share, "value": 5.0} for share in PROBABILITIES]
    row = Row(quantiles=quantiles, minimum=5.0, maximum=5.0, minimum_text="5", maximum_text="5", mean=5.0, deviation=0.0)
    drawn = Parsed(distribution(row)).root
    assert drawn.all("path", "median")[0].attributes["d"].startswith("M75.0,")
    assert drawn.all("circle")[0].attributes["cx"] == "75.0"


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.0, "0"), (12.345678, "12.35"), (1234.5, "1,234"), (-5.0, "-5"), (0.000012, "1.200e-05"), (2e20, "2.000e+20")],
)
def test_number_text_has_four_digits_that_count(number: float, text: str) -> None:
    assert number_text(number) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(None, "–"), (0.0, "0 %"), (1.0, "100 %"), (1e-9, "< 0.1 %"), (0.9999, "> 99.9 %"), (0.0512, "5.1 %"), (0.5, "50 %")],
)
def test_percent_text_shows_neither_nothing_nor_all_where_it_is_not(share: float | None, text: str) -> None:
    assert percent_text(share) == text
