"""The suppression list: keyed hashes of forgotten people, whose rows no pipeline lets in again."""

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
    """The forgotten people of a store, as keyed hashes, with the key that recognises them.

    Attributes:
        hashes: The entries in force, in the columns of the suppression list; without `form` all are of the plain form.
        key: The key.
        forms: The forms that the entries have; one that is not there costs nothing.
    """

    hashes: DataFrame
    key: SubjectKey
    forms: Sequence[int] = (PLAIN_FORM, CANONICAL_FORM)

    def mark(self, frame: DataFrame, subjects: Sequence[str], untyped: bool = False) -> DataFrame:
        """Add `_suppressed`: whether any of the columns names a forgotten person. One row in, one row out.

        Args:
            frame: The rows.
            subjects: Names of the columns that name people, of any type that `canonical` takes; none: no row is marked.
            untyped: The columns hold identifiers as text whose type was another one, such as those of a quarantine; each is read
                as a line of a list is.
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
    """Return the store's suppression list, or None where nobody is on it.

    Entries of a key that was replaced are not in force (`tidegate.pipelines.subject_key`).

    Raises:
        MissingSecretError: Somebody was forgotten, and the environment holds no key to recognise the person.
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
