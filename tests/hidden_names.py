"""Private names of Delta and Spark that the JVM does not have, as after an upgrade.

What Python asks the JVM is changed on its way: a hidden method gets another name, of which the JVM says itself that it has none.
So the code under test meets what it would meet after an upgrade, and whoever calls a hidden name all the same fails.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from pyspark.sql import SparkSession

from tidegate import jvm
from tidegate.tables.internals.lookup import forget_names
from tidegate.tables.internals.names import PrivateNames

GONE = "GoneByAnUpgrade"
_CALL = re.compile(r"c\n(o\d+|z:[\w.$]+)\n([\w$]+)\n")
_CONSTRUCTOR = re.compile(r"i\n([\w.$]+)\n")
_CLASS_OBJECT = re.compile(r"r\nc\n([\w.$]+)\n")


@contextmanager
def hidden(spark: SparkSession, *names: PrivateNames) -> Iterator[None]:
    """Hide all members of some names, each method in the class that it is listed for."""
    with hidden_members(spark, [(each, member) for one in names for each, members in one.members.items() for member in members]):
        yield


@contextmanager
def hidden_members(spark: SparkSession, members: Iterable[tuple[str, str]]) -> Iterator[None]:
    """Hide methods and constructors, `("org.apache.Some", "update(boolean,Option)")`; a class is hidden by its constructor."""
    gateway: Any = spark.sparkContext._gateway
    client = gateway._gateway_client
    wire = _Wire(client.send_command, {(each, member.partition("(")[0]) for each, member in members})
    client.send_command = wire.send
    _forget()
    try:
        yield
    finally:
        del client.send_command
        _forget()


def _forget() -> None:
    forget_names()
    jvm._named_class.cache_clear()


class _Wire:
    """The way of each command to the JVM."""

    def __init__(self, send: Any, members: set[tuple[str, str]]) -> None:
        self.really_send, self.members = send, members
        self.methods = {method for _, method in members}
        self.looked_at = ""

    def send(self, command: str, *more: Any, **named: Any) -> str:
        call, made, looked_at = _CALL.match(command), _CONSTRUCTOR.match(command), _CLASS_OBJECT.match(command)
        if call and call[2] in self.methods and (self.class_of(call[1]), call[2]) in self.members:
            command = command.replace(f"\n{call[2]}\n", f"\n{call[2]}{GONE}\n", 1)
        elif made and (made[1], made[1].rpartition(".")[2]) in self.members:
            command = command.replace(made[1], f"{made[1]}{GONE}", 1)
        elif looked_at:
            self.looked_at = looked_at[1]
        answer: str = self.really_send(command, *more, **named)
        if isinstance(answer, str) and answer.startswith("ys{public "):
            # The list of a class's methods or constructors.
            for method in (method for each, method in self.members if each == self.looked_at):
                answer = re.sub(rf"\b{re.escape(method)}\(", f"{method}{GONE}(", answer)
        return answer

    def class_of(self, target: str) -> str:
        if target.startswith("z:"):
            return target[2:]
        answer = self.really_send(f"c\n{target}\ngetClass\ne\n")
        return str(self.really_send(f"c\n{answer[2:]}\ngetName\ne\n")[2:])
