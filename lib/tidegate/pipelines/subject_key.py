"""The key of the suppression list: what it recognises, and putting a new one in its place."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.erasure.subject_list import SubjectList, checked_list
from tidegate.errors import KeyReplacementError, MissingSecretError
from tidegate.progress import timed_step
from tidegate.subjects.identity import TEXT
from tidegate.subjects.keyed_hash import SECRET_VARIABLE, SubjectKey
from tidegate.subjects.matching import FORM
from tidegate.subjects.suppression_table import entries_in_force, list_state, people_by_key, put_key_in_force, suppress
from tidegate.tables.runs import recorded_run
from tidegate.tables.store import Store

# The key that the list was made with, where it is still known: it tells which of its people are listed again.
OLD_SECRET_VARIABLE = "TIDEGATE_OLD_SUBJECT_KEY"


@dataclass(frozen=True)
class KeyState:
    """The key of a store.

    Attributes:
        fingerprints: Of the key that the suppression list was made with; empty where nobody is on it.
        people: How many people are on the list.
        unrecognised: How many of them the environment's key does not recognise.
        given: Fingerprint of the environment's key; None where there is none.
        regained: How many people were hashed with the environment's key before another one took its place.
    """

    fingerprints: frozenset[str]
    people: int
    unrecognised: int
    given: str | None
    regained: int

    @property
    def fits(self) -> bool:
        """Whether the environment's key recognises everybody on the list."""
        return self.fingerprints <= {self.given}


@dataclass(frozen=True)
class KeyReplaced:
    """What a replacement did, or would do.

    Attributes:
        state: The key before.
        listed: How many people are listed again, and recognised by the new key.
        recognised: How many of those on the list are listed again; None where the old key is not there to tell.
    """

    state: KeyState
    listed: int
    recognised: int | None

    @property
    def lost(self) -> int | None:
        """How many people of the list are recognised no longer; None where nobody can tell."""
        if self.recognised is not None:
            return self.state.unrecognised - self.recognised
        return None if self.listed else self.state.unrecognised


def key_state(store: Store) -> KeyState:
    """Return which key a store's suppression list was made with, and whether the environment's key is that one."""
    key = _key_or_none()
    given = key.fingerprint if key else None
    people = people_by_key(store)
    unrecognised = sum(count for fingerprint, count in people.items() if fingerprint != given)
    regained = people_by_key(store, retired=True).get(given, 0) if given else 0
    return KeyState(frozenset(people), sum(people.values()), unrecognised, given, regained)


def replace_key(store: Store, reference: str, subjects: DataFrame | None = None, dry_run: bool = False) -> KeyReplaced:
    """Take the entries of the store's key out of force, so that the store works with another key, or with none.

    Entries that the new key made earlier, before it was replaced itself, are in force again.

    The new key is that of the environment. The old hashes can't be computed again with it, since a hash does not reveal the
    identifier: who is to stay recognised must be listed again. The old entries stay in the table as a record. The run table
    says who asked for it, when, and how many people it concerned. Safe to run again after being killed anywhere.

    Args:
        store: The store.
        reference: Who asked: a case number, never a name.
        subjects: Everybody who was forgotten, as the column `subject`; None: nobody is listed again.
        dry_run: Count, and change nothing.

    Raises:
        KeyReplacementError: Nobody is on the list, the environment's key is the one of the list, there is no reference, or people
            are listed and there is no new key.
        SubjectsFrameError: The list can't be used.
    """
    state = key_state(store)
    _require_reason(state, reference)
    key = _key_or_none()
    if subjects is not None and key is None:
        raise KeyReplacementError(
            f"people are listed to be recognised from now on, but {SECRET_VARIABLE} holds no key. Make one with "
            "`openssl rand -hex 32`, keep it as a secret, set it and repeat. Nothing was changed."
        )
    people = None if subjects is None else checked_list(subjects)
    replaced = KeyReplaced(state, people.people if people else 0, _recognised(store, people))
    if not dry_run:
        with recorded_run(store.spark, store.layout.runs, "subject_key", "", reference) as run, timed_step("replace the key"):
            moment = datetime.now(UTC)
            # First the new entries: killed in between, the list has entries of two keys, which every job refuses.
            if people is not None and key is not None:
                suppress(store, people.forms_of_people, key, moment)
            put_key_in_force(store, key.fingerprint if key else None, moment)
            run.details.update(_record(replaced))
    return replaced


def _require_reason(state: KeyState, reference: str) -> None:
    if not state.fingerprints and not state.regained:
        raise KeyReplacementError("nobody is on this store's suppression list: it needs no key, and none has to be replaced.")
    if state.fits and not state.regained:
        raise KeyReplacementError(
            f"the key in {SECRET_VARIABLE} is the one of the suppression list (fingerprint {state.given}), so nothing is lost. "
            f"To change the key, put the new one into {SECRET_VARIABLE} and the old one into {OLD_SECRET_VARIABLE}, and list "
            "everybody who was forgotten with --subjects. Nothing was changed."
        )
    if not reference.strip():
        raise KeyReplacementError(
            "replacing the key needs --reference: the number of the case or ticket, since people who were forgotten may be "
            "recognised no longer. Nothing was changed."
        )


def _recognised(store: Store, people: SubjectList | None) -> int | None:
    """Return how many people of the list are listed again; None where the old key is not there to tell."""
    secret = os.environ.get(OLD_SECRET_VARIABLE, "")
    if not secret or people is None:
        return None
    old = SubjectKey(secret.encode())
    if old.fingerprint not in list_state(store).fingerprints:
        raise KeyReplacementError(
            f"the key in {OLD_SECRET_VARIABLE} (fingerprint {old.fingerprint}) is not the one that the suppression list was made "
            "with. Set the right one, or leave it unset. Nothing was changed."
        )
    # Entries of the first form are hashes of the text of a line: its form without the kind.
    plain = f"if(startswith({FORM}, '{TEXT}:'), substring({FORM}, {len(TEXT) + 2}), NULL)"
    texts = people.forms.selectExpr(f"explode(array({FORM}, {plain})) AS text").distinct()
    hashed = texts.select(old.column("text").alias("subject_hash"))
    entries = entries_in_force(store).where(F.col("key_fingerprint") == old.fingerprint)
    return entries.join(hashed, on="subject_hash", how="left_semi").select("person_hash").distinct().count()


def _record(replaced: KeyReplaced) -> dict[str, str]:
    state = replaced.state
    return {
        "old_fingerprints": ", ".join(sorted(state.fingerprints)),
        "new_fingerprint": state.given or "none",
        "people_of_the_old_key": str(state.unrecognised),
        "people_regained": str(state.regained),
        "people_listed_again": str(replaced.listed),
        "people_lost": "unknown" if replaced.lost is None else str(replaced.lost),
    }


def _key_or_none() -> SubjectKey | None:
    try:
        return SubjectKey.from_environment()
    except MissingSecretError:
        return None
