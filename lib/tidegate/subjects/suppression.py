"""The suppression list: keyed hashes of erased people, whose rows no pipeline writes again."""

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.errors import WrongSecretError
from tidegate.schema import quoted
from tidegate.subjects.identity import canonical, plain_texts, readable
from tidegate.subjects.keyed_hash import SECRET_VARIABLE, SubjectKey
from tidegate.subjects.matching import FORM, TEXT, Lookup, forms_of_texts, mark_listed
from tidegate.subjects.suppression_table import CANONICAL_FORM, PLAIN_FORM, entries_in_force, list_state
from tidegate.tables.store import Store

SUPPRESSED = "_suppressed"


@dataclass(frozen=True)
class Suppression:
    """The erased people of a store as keyed hashes, and the key that recognises them.

    Attributes:
        hashes: The entries in force, with the columns of the suppression list. Without a column `form`, all entries are hashes
            of plain texts.
        key: The key.
        forms: The kinds of text that the entries are hashes of. Rows are compared only with these, so a short list saves time.
    """

    hashes: DataFrame
    key: SubjectKey
    forms: Sequence[int] = (PLAIN_FORM, CANONICAL_FORM)

    def mark(self, frame: DataFrame, subjects: Sequence[str], untyped: bool = False) -> DataFrame:
        """Add the boolean column `_suppressed`: whether any of the columns names an erased person.

        The number of rows stays the same.

        Args:
            frame: The rows.
            subjects: The names of the columns that name people; their types are those that `canonical` accepts. Without any
                column, no row is marked.
            untyped: Whether the columns hold identifiers as text whose original type is not known, as in a quarantine. Such a
                text is compared under every form that it can have.
        """
        lookups = []
        for name in subjects:
            if PLAIN_FORM in self.forms:
                texts = plain_texts(name, frame.schema[name].dataType)
                lookups += [(self.key.column(text), self._listed(PLAIN_FORM)) for text in texts]
            if CANONICAL_FORM in self.forms:
                lookups.append(self._listed_texts(frame, name) if untyped else self._listed_forms(frame, name))
        return mark_listed(frame, lookups, SUPPRESSED)

    def _listed_forms(self, frame: DataFrame, name: str) -> Lookup:
        return self.key.column(canonical(name, frame.schema[name].dataType)), self._listed(CANONICAL_FORM)

    def _listed_texts(self, frame: DataFrame, name: str) -> Lookup:
        hashed = forms_of_texts(frame, name).withColumn("subject_hash", self.key.column(FORM))
        listed = hashed.join(F.broadcast(self._listed(CANONICAL_FORM)), on="subject_hash", how="left_semi")
        return readable(F.col(quoted(name))), listed.select(TEXT)

    def _listed(self, form: int) -> DataFrame:
        """Return the listed hashes of one form."""
        forms = F.coalesce("form", F.lit(PLAIN_FORM)) if "form" in self.hashes.columns else F.lit(PLAIN_FORM)
        return self.hashes.where(forms == form).select("subject_hash")


def current_suppression(store: Store) -> Suppression | None:
    """Return the store's suppression list; None if nobody is on it.

    Entries of a key that was replaced are no longer in force and are left out (`tidegate.pipelines.subject_key`).

    Raises:
        MissingSecretError: Somebody was erased, and the environment has no key to recognise the person.
        WrongSecretError: The environment's key is not the one that the list was made with.
    """
    state = list_state(store)
    if not state.fingerprints:
        return None
    key = SubjectKey.from_environment()
    others = state.fingerprints - {key.fingerprint}
    if others:
        raise WrongSecretError(SECRET_VARIABLE, ", ".join(sorted(others)), key.fingerprint)
    return Suppression(entries_in_force(store), key, state.forms)
