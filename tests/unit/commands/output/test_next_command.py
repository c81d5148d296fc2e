"""The commands that a run suggests work as they are printed: for dotted packages, other roots and configurations too."""

import shlex
from pathlib import Path

import pytest
import typer
from jobs.release import main
from pyspark.sql import types as T

from tidegate import FeatureGroup, Field
from tidegate.cli import COMMANDS
from tidegate.commands.opening.context import SharedOptions
from tidegate.commands.output.next_command import filled_in, next_command
from tidegate.commands.plan import print_evolutions
from tidegate.commands.run import ERR, OUT
from tidegate.commands.subject_key import print_replaced
from tidegate.errors import MissingGroupError, RootFormatError, UnknownReleaseError
from tidegate.feature_groups.evolution.difference import Evolution
from tidegate.pipelines.subject_key import KeyReplaced, KeyState

CHECKOUT = Path(__file__).parents[4]
ROOTS = [None, "data", "/home/anna/my data", "/tmp/it's #1 (50%)", "s3a://bucket/größe", "-root", "a;b & c $HOME `x`"]


def parsed(command: str) -> dict[str, object]:
    """What a shell and the job make of a command."""
    script, job, *words = shlex.split(command)
    assert Path(script).name == "spark-submit.sh"
    assert (CHECKOUT / job).is_file()
    application = typer.Typer()
    application.command()(COMMANDS[Path(job).stem.replace("_", "-")])
    return dict(typer.main.get_command(application).make_context("job", words).params)


@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("system", ["flight_delays", "mycompany.churn"])
def test_a_suggested_command_works_with_the_same_system_root_and_configuration(system: str, root: str | None) -> None:
    choice = SharedOptions(system, root, None if root is None else Path(root) / "conf", "local" if root is None else "test")
    options = parsed(next_command("run_system", choice.shared, {"--landing": root, "--day": "2013-10-01"}))
    assert (options["system"], options["root"], options["conf"], options["environment"]) == (
        system, root, choice.conf, choice.environment,
    )  # fmt: skip
    assert options["landing"] == root
    assert str(options["day"]).startswith("2013-10-01")


@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("joined", [True, False])
def test_a_command_in_an_error_names_the_system_of_the_running_command(root: str | None, joined: bool) -> None:
    pairs = [("--system", "mycompany.churn"), *([] if root is None else [("--root", root)]), ("--env", "test")]
    given = [f"{name}={value}" for name, value in pairs] if joined else [word for pair in pairs for word in pair]
    for error in (MissingGroupError("weather_v1", "root"), RootFormatError("root", "1", 3)):
        message = filled_in(str(error), ["--dry-run", *given, "--day", "2013-10-01"])
        command = message[message.index("./spark-submit.sh") :].replace("--from DAY --to DAY", "").strip()
        options = parsed(command)
        assert (options["system"], options["root"], options["environment"]) == ("mycompany.churn", root, "test")
        assert "SYSTEM" not in message


def test_a_command_of_another_folder_names_the_script_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "a checkout"
    home.mkdir()
    monkeypatch.setenv("TIDEGATE_HOME", str(home))
    monkeypatch.chdir(tmp_path)
    assert shlex.split(next_command("plan", {"--system": "a"}, {}))[0] == str(home / "spark-submit.sh")
    monkeypatch.setattr("sys.argv", ["/usr/bin/tidegate"])
    assert next_command("run_system", {"--system": "a"}, {"--root": None}) == "tidegate run-system --system a"


def test_a_command_with_a_verb_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    message, given = str(UnknownReleaseError("churn", 7, 3)), ["show", "--system", "mycompany.churn", "--root", "data"]
    shown = "./spark-submit.sh jobs/release.py show --system mycompany.churn --root data"
    assert filled_in(message, given) == f"system churn has no release 7; its releases: 1 to 3. They are listed by: {shown}"
    assert main([*shlex.split(shown)[2:3], "--help"]) == 0
    monkeypatch.setattr("sys.argv", ["/usr/bin/tidegate"])
    assert filled_in(message, given).endswith(": tidegate release show --system mycompany.churn --root data")


def test_a_command_in_what_plan_and_subject_key_print_names_the_system(capsys: pytest.CaptureFixture[str]) -> None:
    choice = SharedOptions("mycompany.churn", "/home/anna/my data")
    group = FeatureGroup("usage", 1, ("key",), (Field("key", T.StringType(), "key"),), "usage")
    obstacle = "its table was made before; ./spark-submit.sh jobs/maintain.py --system SYSTEM --migrate helps"
    print_evolutions([Evolution(group, obstacles=(obstacle,))], "Plan", choice)
    state = KeyState(frozenset({"old"}), people=2, unrecognised=2, given="new", regained=0)
    print_replaced(KeyReplaced(state, listed=1, recognised=1), dry_run=False, choice=choice)
    printed = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "SYSTEM" not in printed
    assert printed.count("--system mycompany.churn --root '/home/anna/my data'") == 2, printed


def test_names_and_paths_are_printed_as_they_are() -> None:
    for console in (OUT, ERR):
        with console.capture() as printed:
            console.print("/data/[red]x[/b]/:car:/größe", soft_wrap=True)
        assert printed.get() == "/data/[red]x[/b]/:car:/größe\n"
