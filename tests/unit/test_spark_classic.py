"""Sessions of Spark Connect are refused in one line, at the first call, whatever verb it is."""

from pathlib import Path

import pytest

from tidegate import FeatureStore, land_files, list_folder
from tidegate.errors import SparkConnectError
from tidegate.session import build_session
from tidegate.spark_classic import require_classic
from tidegate.tables.create import table_exists


class _Session:
    """As pyspark.sql.connect.session.SparkSession is called; that one can't be imported without grpc."""


_Session.__module__ = "pyspark.sql.connect.session"


class _Vendors(_Session):
    """A vendor's own kind of it."""


@pytest.mark.parametrize("session", [_Session(), _Vendors()], ids=["connect", "a vendor's"])
def test_every_verb_that_takes_a_session_refuses_one_of_connect(session: object, tmp_path: Path) -> None:
    verbs = (
        lambda: FeatureStore(session, str(tmp_path)),  # type: ignore[arg-type]
        lambda: list_folder(session, str(tmp_path)),  # type: ignore[arg-type]
        lambda: land_files(session, (), str(tmp_path)),  # type: ignore[arg-type]
        lambda: table_exists(session, str(tmp_path)),  # type: ignore[arg-type]
    )
    for verb in verbs:
        with pytest.raises(SparkConnectError, match="a Spark Connect session") as caught:
            verb()
        assert "\n" not in str(caught.value)


def test_what_is_no_session_is_named() -> None:
    with pytest.raises(SparkConnectError, match=r"of type builtins\.str"):
        require_classic("local[2]")


@pytest.mark.parametrize(
    ("variables", "properties", "named"),
    [
        ({"SPARK_REMOTE": "sc://host"}, {}, "SPARK_REMOTE"),
        ({"SPARK_CONNECT_MODE_ENABLED": "1"}, {}, "SPARK_CONNECT_MODE_ENABLED"),
        ({"SPARK_API_MODE": "connect"}, {}, "SPARK_API_MODE=connect"),
        ({}, {"spark.remote": "local"}, "spark.remote"),
        ({}, {"spark.api.mode": "Connect"}, "spark.api.mode=connect"),
    ],
)
def test_no_session_of_connect_is_built(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], properties: dict[str, str], named: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SparkConnectError, match=f"^{named} would make a Spark Connect session"):
        build_session("tests", properties)
