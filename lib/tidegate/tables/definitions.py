"""Record what each version of a feature view or model means at its first use, so that a version never gets a second meaning."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import itemgetter

from pyspark.sql import types as T

from tidegate.errors import ChangedDefinitionError
from tidegate.tables.commits.commit_lock import exclusive
from tidegate.tables.commits.few_rows import append_few
from tidegate.tables.create import TableShape, create_table, table_exists
from tidegate.tables.read import read_table, table_identity
from tidegate.tables.store import Store

SCHEMA = T.StructType(
    [
        T.StructField("kind", T.StringType()),
        T.StructField("name", T.StringType()),
        T.StructField("version", T.IntegerType()),
        T.StructField("definition", T.StringType()),
        T.StructField("recorded_at", T.TimestampType()),
    ]
)
# By the id of the table: the version that was read last, and its definitions. Every run needs them, and they hardly ever change.
_LAST_READ: dict[str, tuple[int, dict[tuple[str, str, int], str]]] = {}

Parts = Mapping[str, object]


@dataclass(frozen=True)
class Definition:
    """The meaning of one version of a feature view or a model.

    Attributes:
        kind: `feature view` or `model`.
        name: The name of the view or model.
        version: The version.
        parts: The parts of the definition by name, as texts, numbers, lists and mappings. They contain no data, and nothing that
            has no influence on a value.
    """

    kind: str
    name: str
    version: int
    parts: Parts

    @property
    def key(self) -> tuple[str, str, int]:
        """The key under which the definition is recorded: kind, name and version."""
        return self.kind, self.name, self.version

    @property
    def text(self) -> str:
        """The parts as JSON. Equal definitions have equal texts."""
        return json.dumps(self.parts, sort_keys=True)


def require_definitions(store: Store, definitions: Sequence[Definition]) -> None:
    """Record definitions at their first use, and compare the others with what was recorded.

    Raises:
        ChangedDefinitionError: A definition differs from the recorded one of the same version. Nothing is recorded then.
    """
    if not _unknown(_recorded(store), definitions):
        return
    create_table(store.spark, store.layout.definitions, TableShape(SCHEMA))
    # If two drivers use a version for the first time, the second one is compared with what the first one recorded.
    with exclusive(store.spark, store.layout.definitions):
        unknown = _unknown(_recorded(store), definitions)
        now = datetime.now(UTC)
        append_few(store.spark, store.layout.definitions, [(*each.key, each.text, now) for each in unknown], SCHEMA)


def is_recorded(store: Store, definition: Definition) -> bool:
    """Return whether a definition of this kind, name and version was recorded, with these parts or others."""
    return definition.key in _recorded(store)


def changed_definitions(store: Store, definitions: Sequence[Definition]) -> list[ChangedDefinitionError]:
    """Return one error for each changed definition, as `require_definitions` would raise it. Nothing is recorded."""
    found = []
    for each in definitions:
        try:
            _unknown(_recorded(store), [each])
        except ChangedDefinitionError as error:
            found.append(error)
    return found


def recorded_definitions(store: Store, kind: str) -> list[tuple[str, int, Parts]]:
    """Return the name, the version and the parts of each recorded definition of a kind."""
    found = _recorded(store).items()
    return [(name, version, json.loads(text)) for (each, name, version), text in found if each == kind]


def differences(recorded: object, given: object, where: str = "") -> Iterator[str]:
    """Yield one text for each part in which two definitions differ.

    Args:
        recorded: The recorded definition, or a part of it.
        given: The definition to compare with it, or a part of it.
        where: The name of the part, as the start of each text.
    """
    if isinstance(recorded, Mapping) and isinstance(given, Mapping):
        for name in dict.fromkeys((*recorded, *given)):
            yield from differences(recorded.get(name), given.get(name), f"{where}.{name}" if where else str(name))
    elif recorded != given:
        yield f"{where} was {_shown(recorded)}, is {_shown(given)}"


def _unknown(recorded: Mapping[tuple[str, str, int], str], definitions: Sequence[Definition]) -> list[Definition]:
    """Return the definitions that are not recorded yet.

    Raises:
        ChangedDefinitionError: A definition differs from the recorded one of the same version.
    """
    for each in definitions:
        known = recorded.get(each.key)
        if known is not None and known != each.text:
            found = list(differences(json.loads(known), json.loads(each.text)))
            raise ChangedDefinitionError(each.kind, each.name, each.version, found)
    return [each for each in definitions if each.key not in recorded]


def _recorded(store: Store) -> Mapping[tuple[str, str, int], str]:
    if not table_exists(store.spark, store.layout.definitions):
        return {}
    table, version = table_identity(store.spark, store.layout.definitions)
    if _LAST_READ.get(table, (-1, {}))[0] != version:
        rows = read_table(store.spark, store.layout.definitions, version).collect()
        newest_first = sorted(rows, key=itemgetter("recorded_at"), reverse=True)
        # The oldest row counts. Where there is no lock, two drivers may have recorded the same version at the same time.
        held = {(row["kind"], row["name"], row["version"]): row["definition"] for row in newest_first}
        _LAST_READ[table] = version, held
    return _LAST_READ[table][1]


def _shown(part: object) -> str:
    if part is None:
        return "not there"
    return ", ".join(map(str, part)) or "none" if isinstance(part, list) else str(part)
