"""What stands for the name and the home of a user id that has none."""

import os
import shlex

import pytest
from tests.other_user import SOMEBODY, as_root, told_to_somebody

from tidegate.nameless_user import nameless_options, user_name


@as_root
def test_a_user_without_a_name_is_called_by_number_or_as_hadoop_knows_him(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HADOOP_USER_NAME", raising=False)
    assert told_to_somebody(lambda _: user_name(), "") == f"uid{SOMEBODY}"
    for home, folder in (("/somewhere/with a blank", "/somewhere/with a blank"), ("", "/tmp")):
        monkeypatch.setenv("HOME", home)
        monkeypatch.setenv("TMPDIR", "/tmp")
        said = shlex.split(told_to_somebody(lambda _: nameless_options(), ""))
        assert said == [f"-Duser.name=uid{SOMEBODY}", f"-Duser.home={folder}"]
    monkeypatch.setenv("HADOOP_USER_NAME", "etl")
    assert told_to_somebody(lambda _: user_name(), "") == "etl"


@pytest.mark.skipif(os.geteuid() != 0, reason="root surely has a name")
def test_a_user_with_a_name_needs_nothing() -> None:
    assert user_name() is None
    assert nameless_options() == ""
