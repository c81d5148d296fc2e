"""The key of the suppression list: report whom the present key recognises, and replace the key."""

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

# The former key, if it is still known. With it, people on the suppression list can be found among those who are listed again.
OLD_SECRET_VARIABLE = "TIDEGATE_OLD_SUBJECT_KEY"


@dataclass(frozen=True)
class KeyState:
    """The state of a store's suppression list, compared with the key in the environment.

    Attributes:
        fingerprints: Fingerprints of the keys with which the suppression list was made; empty if nobody is on it.
        people: Number of people on the list.
        unrecognised: Number of people on the list whom the environment's key does not recognise.
        given: Fingerprint of the environment's key; None if there is no key.
        regained: Number of people who were hashed with the environment's key before another key replaced it.
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
    """What a replacement of the key did or, with `dry_run`, would do.

    Attributes:
        state: The state before the replacement.
        listed: Number of people who are listed again, whom the new key will recognise.
        recognised: Number of people on the suppression list who are listed again; None if the old key is needed and unknown.
    """

    state: KeyState
    listed: int
    recognised: int | None

    @property
    def lost(self) -> int | None:
        """Number of people on the list who are no longer recognised; None if it can't be computed."""
        if self.recognised is not None:
            return self.state.unrecognised - self.recognised
        return None if self.listed else self.state.unrecognised


def key_state(store: Store) -> KeyState:
    """Return the keys with which a store's suppression list was made, and how far the environment's key matches them."""
    key = _key_or_none()
    given = key.fingerprint if key else None
    people = people_by_key(store)
    unrecognised = sum(count for fingerprint, count in people.items() if fingerprint != given)
    regained = people_by_key(store, retired=True).get(given, 0) if given else 0
    return KeyState(frozenset(people), sum(people.values()), unrecognised, given, regained)


def replace_key(store: Store, reference: str, subjects: DataFrame | None = None, dry_run: bool = False) -> KeyReplaced:
    """Replace the key of the suppression list by the key in the environment, or by none.

    A hash does not reveal the identifier, so the old hashes can't be computed again with the new key. The new key recognises only
    people who are listed again. The entries of the old key are no longer in force, but stay in the table as a record. Entries
    that the new key made earlier, before it was itself replaced, are in force again. The run table records the reference, the
    time and the number of people. If it is killed at any point, it can safely be run again.

    Args:
        store: The store.
        reference: Reference to the request, such as a case number; never a name.
        subjects: Everybody who was erased, in the column `subject`. None lists nobody again.
        dry_run: Whether to count only, and change nothing.

    Raises:
        KeyReplacementError: Nobody is on the list, the environment's key is already the key of the list, there is no reference,
            people are listed but there is no new key, or the old key in the environment is not the key of the list.
        SubjectsFrameError: The list of people can't be used.
    """
    state = key_state(store)
    _require_reason(state, reference)
    key = _key_or_none()
    if subjects is not None and key is None:
        raise KeyReplacementError(
            f"the list names people to recognise from now on, but {SECRET_VARIABLE} contains no key. Create one with "
            "`openssl rand -hex 32`, keep it as a secret, set the variable, and run this again. Nothing was changed."
        )
    people = None if subjects is None else checked_list(subjects)
    replaced = KeyReplaced(state, people.people if people else 0, _recognised(store, people))
    if not dry_run:
        with recorded_run(store.spark, store.layout.runs, "subject_key", "", reference) as run, timed_step("replace the key"):
            moment = datetime.now(UTC)
            # The new entries come first. If the driver is killed in between, the list has entries of two keys, and every job
            # refuses to run until the replacement is repeated.
            if people is not None and key is not None:
                suppress(store, people.forms_of_people, key, moment)
            put_key_in_force(store, key.fingerprint if key else None, moment)
            run.details.update(_record(replaced))
    return replaced


def _require_reason(state: KeyState, reference: str) -> None:
    if not state.fingerprints and not state.regained:
        raise KeyReplacementError("nobody is on this store's suppression list, so it needs no key, and none has to be replaced.")
    if state.fits and not state.regained:
        raise KeyReplacementError(
            f"the key in {SECRET_VARIABLE} is the key of the suppression list (fingerprint {state.given}), so it recognises "
            f"everybody. To change the key, set {SECRET_VARIABLE} to the new one and {OLD_SECRET_VARIABLE} to the old one, and "
            "list everybody who was forgotten with --subjects. Nothing was changed."
        )
    if not reference.strip():
        raise KeyReplacementError(
            "replacing the key needs --reference with the number of a case or ticket, because people who were forgotten may no "
            "longer be recognised. Nothing was changed."
        )


def _recognised(store: Store, people: SubjectList | None) -> int | None:
    """Return how many people on the suppression list are listed again; None if the old key is unknown or nobody is listed."""
    secret = os.environ.get(OLD_SECRET_VARIABLE, "")
    if not secret or people is None:
        return None
    old = SubjectKey(secret.encode())
    if old.fingerprint not in list_state(store).fingerprints:
        raise KeyReplacementError(
            f"the key in {OLD_SECRET_VARIABLE} (fingerprint {old.fingerprint}) is not the key of the suppression list. Set the "
            "variable to the right key, or unset it. Nothing was changed."
        )
    # The oldest entries are hashes of the plain text of a line, which is its form without the kind in front.
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
