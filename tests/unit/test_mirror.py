"""`tests/unit` has the folders of `lib`, and each file is named after the module that it tests: that is how one finds it."""

from pathlib import Path

UNIT = Path(__file__).resolve().parent
LIB = UNIT.parent.parent / "lib"
# Files that test no module of `lib`, each with the reason.
OTHERS = {"test_mirror.py": "tests the names of the other files"}


def modules_named_by(test: Path) -> list[Path]:
    """Return the modules and packages that a test file may be named after: `test_<module>.py` or `test_<module>_<aspect>.py`."""
    folder = test.parent if test.parts[0] == "tidegate_examples" else Path("tidegate", test.parent)
    words = test.stem.removeprefix("test_").split("_")
    named = [LIB / folder / "_".join(words[:count]) for count in range(len(words), 0, -1)]
    return [place for place in named if place.is_dir() or place.with_suffix(".py").is_file()]


def test_each_unit_test_is_named_after_a_module_of_its_folder_in_lib() -> None:
    tests = [path.relative_to(UNIT) for path in UNIT.rglob("test_*.py")]
    assert len(tests) > 100
    nameless = sorted(str(test) for test in tests if not modules_named_by(test) and str(test) not in OTHERS)
    assert nameless == [], "rename each to test_<module>.py, or test_<module>_<aspect>.py, in the folder of the module"
