"""The configuration: layers, and all mistakes at once with file and key."""

from pathlib import Path
from textwrap import dedent

import pytest

from tidegate.config import load_settings
from tidegate.errors import ConfigurationError

BASE = "root: ./data\n"
SYSTEM = """
period: {first_day: 2024-01-01, last_day: 2024-01-31}
training:
  split: {train_until: 2024-01-10, validate_until: 2024-01-20, test_until: 2024-01-31}
"""


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    (tmp_path / "base.yml").write_text(BASE)
    (tmp_path / "air.yml").write_text(SYSTEM)
    return tmp_path


def test_load_settings_lets_the_later_file_win_key_by_key(conf: Path) -> None:
    (conf / "local").mkdir()
    (conf / "local" / "air.yml").write_text("training: {models: {air: {boosted_trees: {max_depth: 3}}}}\n")
    settings = load_settings(conf, "air", overrides={"root": "/elsewhere"})
    assert (settings.root, settings.training.models) == ("/elsewhere", {"air": {"boosted_trees": {"max_depth": 3}}})
    assert load_settings(conf, "air", environment="production").training.models == {}
    assert (settings.drivers, load_settings(conf, "air", overrides={"drivers": "several"}).drivers) == ("one", "several")


def test_load_settings_reports_all_mistakes_with_file_and_key(conf: Path) -> None:
    (conf / "air.yml").write_text(
        dedent("""
        period: {first_day: 2024-01-01}
        training:
          split: {train_until: 2024-01-10, validate_until: 2024-01-20, test_until: 2024-01-31}
          partitoins: 3
          models: {air: 5}
        drivers: 3
        """)
    )
    with pytest.raises(ConfigurationError) as caught:
        load_settings(conf, "air")
    message = str(caught.value)
    assert "4 mistake(s)" in message
    assert f"{conf / 'air.yml'}: key period.last_day is missing; add it" in message
    assert f"{conf / 'air.yml'}: unknown key training.partitoins; known keys here: models, partitions, split" in message
    assert "Did you mean 'partitions'?" in message
    assert f"{conf / 'air.yml'}: training.models.air = 5: Input should be a valid dictionary" in message
    assert f"{conf / 'air.yml'}: drivers = 3: Input should be 'one' or 'several'" in message


def test_load_settings_names_the_overlay_that_holds_the_mistake(conf: Path) -> None:
    (conf / "local").mkdir()
    (conf / "local" / "base.yml").write_text("rot: /tmp\n")
    with pytest.raises(ConfigurationError, match=r"local/base\.yml: unknown key rot; .*Did you mean 'root'"):
        load_settings(conf, "air")
    # The key stands in two files: the one whose value counts is named.
    (conf / "base.yml").write_text(BASE + "log_level: INFO\n")
    (conf / "local" / "base.yml").write_text("log_level: LOUD\n")
    with pytest.raises(ConfigurationError, match=r"local/base\.yml: log_level = 'LOUD'"):
        load_settings(conf, "air")


def test_load_settings_takes_no_secret_from_a_file(conf: Path) -> None:
    (conf / "base.yml").write_text(BASE + "subject_key: 0123456789\n")
    with pytest.raises(ConfigurationError, match="unknown key subject_key"):
        load_settings(conf, "air")


def test_load_settings_refuses_a_missing_file_and_bad_yaml(conf: Path) -> None:
    (conf / "base.yml").write_text("root: [\n")
    with pytest.raises(ConfigurationError) as caught:
        load_settings(conf, "wind")
    assert "wind.yml: there is no such file" in str(caught.value)
    assert "base.yml: not valid YAML" in str(caught.value)
