"""The name and the source hash of a transformation: equal where the code is, different where it changed."""

import importlib
import sys
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tidegate.feature_groups.catalog.transformation import Transformation, transformation_of

SOURCE = "RATE = 2\n\n\ndef build(sources, period):\n    return RATE\n"
MODULE = "steps_of_a_transformation_test"


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path, bytes], Transformation]:
    """Import the module from a place with this content, and name its `build`."""

    def transformation(place: Path, content: bytes) -> Transformation:
        if place.suffix == ".zip":
            with zipfile.ZipFile(place, "w") as archive:
                archive.writestr(f"{MODULE}.py", content)
        else:
            place.mkdir()
            (place / f"{MODULE}.py").write_bytes(content)
        monkeypatch.setattr(sys, "path", [str(place), *sys.path])
        monkeypatch.delitem(sys.modules, MODULE, raising=False)
        importlib.invalidate_caches()
        return transformation_of(importlib.import_module(MODULE).build)

    yield transformation  # type: ignore[misc]  # a generator, so that the module goes with the test
    sys.modules.pop(MODULE, None)


def test_transformation_of_hashes_the_source_wherever_it_lies(
    tmp_path: Path, built: Callable[[Path, bytes], Transformation]
) -> None:
    here = built(tmp_path / "here", SOURCE.encode())
    assert here.path == f"{MODULE}.build"
    assert here.source_hash is not None
    assert built(tmp_path / "elsewhere", SOURCE.encode()) == here
    assert built(tmp_path / "shipped.zip", SOURCE.encode()) == here
    assert built(tmp_path / "of_windows", SOURCE.replace("\n", "\r\n").encode()) == here
    changed = built(tmp_path / "changed", SOURCE.replace("RATE = 2", "RATE = 3").encode())
    assert (changed.path, changed.source_hash == here.source_hash) == (here.path, False)


def test_transformation_of_looks_into_partials_and_callable_objects() -> None:
    class Build:
        def __call__(self) -> None: ...

    plain = transformation_of(transformation_of)
    assert plain.path == "tidegate.feature_groups.catalog.transformation.transformation_of"
    assert transformation_of(partial(partial(transformation_of), None)) == plain
    assert transformation_of(Build()).path.endswith(".Build")


def test_transformation_of_a_function_without_a_file() -> None:
    namespace: dict[str, Callable[[], None]] = {"__name__": "no_such_module"}  # type: ignore[dict-item]
    exec("def build(): ...", namespace)
    assert transformation_of(namespace["build"]) == Transformation("no_such_module.build", None)
