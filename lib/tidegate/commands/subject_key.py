"""The command that shows which key recognises the forgotten people of a store, and that replaces a lost key."""

from typing import Annotated

import typer

from tidegate.commands import options
from tidegate.commands.opening.context import SharedOptions, opened
from tidegate.commands.opening.local_root import require_local_root
from tidegate.commands.output.next_command import next_command
from tidegate.commands.run import OUT
from tidegate.erasure.subjects_file import read_subjects
from tidegate.errors import UsageError
from tidegate.pipelines.subject_key import KeyReplaced, KeyState, key_state, replace_key
from tidegate.subjects.keyed_hash import SECRET_VARIABLE


def subject_key(
    system: options.System,
    replace: Annotated[bool, typer.Option("--replace", help="Replace the key of the store by another one.")] = False,
    reference: Annotated[str, typer.Option("--reference", help="Why the key is replaced: a case number, never a name.")] = "",
    subjects: Annotated[
        str | None,
        typer.Option("--subjects", help="With --replace: file with everybody who was forgotten, one identifier a line."),
    ] = None,
    root: options.Root = None,
    conf: options.Conf = None,
    environment: options.Environment = "local",
    dry_run: options.DryRun = False,
) -> None:
    """Show which key the store needs, or replace the key if it is lost or was made only for a trial.

    The key is in the environment variable TIDEGATE_SUBJECT_KEY. A lost key can't be recovered, and without it tidegate can't
    recognise the people who were forgotten. After --replace the store works with the key of the environment, or without a key
    until somebody is forgotten. Example:

    ./spark-submit.sh jobs/subject_key.py --system flight_delays --replace --reference case-7 --dry-run
    """
    if not replace and (reference or subjects or dry_run):
        raise UsageError("--reference, --subjects and --dry-run need --replace; give it too, or none of them.")
    with opened(SharedOptions(system, root, conf, environment), "subject-key", writes=False) as context:
        if not replace:
            _print_state(key_state(context.store))
            return
        if not dry_run:
            require_local_root(context.store.layout.root)
        listed = None if subjects is None else read_subjects(context.store.spark, subjects)
        print_replaced(replace_key(context.store, reference, listed, dry_run), dry_run, context.choice)


def _print_state(state: KeyState) -> None:
    given = (
        f"{SECRET_VARIABLE} holds the key with fingerprint {state.given}" if state.given else f"{SECRET_VARIABLE} holds no key"
    )
    if not state.fingerprints:
        _say("nobody is on the suppression list of this store: it needs no key")
    else:
        _say(f"people on the suppression list: {state.people:,}; the store needs the key with fingerprint {_names(state)}")
    if state.regained:
        _say(f"{state.regained:,} more people were forgotten with the key with fingerprint {state.given} before it was replaced")
    _say(f"{given}{': it fits' if state.fingerprints and state.fits else ''}")
    if not state.fits:
        _say("next: set the right key; if it is lost, run this command with --replace --reference CASE --dry-run")


def print_replaced(replaced: KeyReplaced, dry_run: bool, choice: SharedOptions) -> None:
    """Print what the new key means for the people who were forgotten."""
    state, would = replaced.state, "would be" if dry_run else "are"
    old = ", ".join(sorted(state.fingerprints - {state.given or ""}))
    if old:
        _say(f"people who were listed with the key with fingerprint {old}: {state.unrecognised:,}")
        _say(f"their entries {would} no longer in force; they stay as a record")
    if state.regained:
        _say(
            f"{state.regained:,} people who were forgotten earlier with the key with fingerprint {state.given} {would} "
            "recognised again"
        )
    if replaced.listed:
        _say(f"people listed again: {replaced.listed:,}; they {would} recognised by the key with fingerprint {state.given}")
    if replaced.lost is None:
        _say("without the old key, tidegate can't check whether everybody on the old list is listed again")
    elif replaced.lost:
        command = next_command("forget", choice.shared, {})
        _say(
            f"{replaced.lost:,} people {would} no longer recognised: the next load with rows of these people stores the rows. "
            f"List them again: {command} --subjects FILE --reference CASE"
        )
    _say(f"the store {'would need' if dry_run else 'needs'} {_needed(replaced)}")
    if dry_run:
        _say("dry run: nothing was changed")


def _needed(replaced: KeyReplaced) -> str:
    if replaced.listed or replaced.state.regained or replaced.state.given in replaced.state.fingerprints:
        return f"the key with fingerprint {replaced.state.given} from now on, for every job that writes rows of people"
    return "no key until somebody is forgotten again"


def _names(state: KeyState) -> str:
    return ", ".join(sorted(state.fingerprints))


def _say(line: str) -> None:
    OUT.print(line, soft_wrap=True, highlight=False)
