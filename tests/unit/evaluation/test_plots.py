"""What is drawn is seen in the figure; a PNG file shows only that it can be drawn."""

import io
import subprocess
import sys

import matplotlib.image
import numpy as np
import pytest
from matplotlib.figure import Figure

from tidegate.evaluation import (
    BinaryMetrics,
    CalibrationBin,
    ClassMetrics,
    CountMetrics,
    Curve,
    MulticlassMetrics,
    QuantileLevel,
    QuantilesMetrics,
    RegressionMetrics,
)
from tidegate.evaluation.number_totals import NumberErrors
from tidegate.evaluation.plots import importance_plot, plots_of

BINS = (CalibrationBin(10, 1.0, 1.5), CalibrationBin(10, 3.0, 2.5))
ERRORS = NumberErrors(20, 2.0, 2.0, 0.0, 1.25, 4.0, BINS)


@pytest.fixture
def drawn(monkeypatch) -> list[Figure]:
    """The figures that are saved."""
    figures: list[Figure] = []
    save = Figure.savefig

    def saved(figure: Figure, *arguments: object, **options: object) -> None:
        figures.append(figure)
        save(figure, *arguments, **options)

    monkeypatch.setattr(Figure, "savefig", saved)
    return figures


def legend(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].get_legend().get_texts()]


def points(figure: Figure, line: int) -> list[list[float]]:
    return np.transpose(figure.axes[0].get_lines()[line].get_data()).tolist()


def binary(roc: Curve | None) -> BinaryMetrics:
    return BinaryMetrics(20, 0.5, 0.4, 0.1, roc and 0.75, 0.6, 0.05, BINS, roc)


def confusion(*rows: tuple[int, ...]) -> MulticlassMetrics:
    names = tuple(f"class $ {place} with a long name" for place in range(len(rows)))
    return MulticlassMetrics(20, names, 0.4, 0.5, 0.6, rows, (ClassMetrics(1, 0.0, 0.0, 0.0),) * len(rows))


def test_plots_of_binary_models(drawn):
    files = plots_of({"trees": binary(Curve((0.0, 0.5, 1.0), (0.0, 0.75, 1.0))), "one class": binary(None)})

    assert list(files) == ["roc.png", "calibration.png"]
    assert all(matplotlib.image.imread(io.BytesIO(content)).shape[:2] == (528, 704) for content in files.values())
    roc, calibration = drawn
    assert legend(roc) == ["trees, area 0.750"]
    assert points(roc, 0) == [[0.0, 0.0], [0.5, 0.75], [1.0, 1.0]]
    assert legend(calibration) == ["trees, log loss 0.4000", "one class, log loss 0.4000"]
    assert points(calibration, 0) == [[1.0, 1.5], [3.0, 2.5]]
    assert plots_of({"one class": binary(None)})["roc.png"].startswith(b"\x89PNG")


def test_plots_of_numbers_and_counts(drawn):
    regression = RegressionMetrics(20, "squared", ERRORS, None, 20)
    numbers = plots_of({"trees": regression})
    counts = plots_of({"poisson": CountMetrics(20, 0.4, ERRORS)})

    assert (list(numbers), list(counts)) == (["calibration.png"], ["calibration.png"])
    assert [legend(figure) for figure in drawn] == [["trees, MAE 1.25"], ["poisson, MAE 1.25"]]
    assert points(drawn[1], 0) == [[1.0, 1.5], [3.0, 2.5]]


def test_plots_of_quantiles(drawn):
    levels = (QuantileLevel(0.1, 0.5, 0.15), QuantileLevel(0.9, 0.7, 0.85))

    assert list(plots_of({"trees": QuantilesMetrics(20, levels, 0.7, 3.0)})) == ["coverage.png"]

    assert legend(drawn[0]) == ["trees, pinball loss 0.6"]
    assert points(drawn[0], 0) == [[0.1, 0.15], [0.9, 0.85]]


def test_plots_of_several_classes(drawn):
    """One file a model. With many classes, numbers and then names are left out."""
    many = confusion(*np.eye(60, dtype=int).tolist())

    files = plots_of({"trees": confusion((3, 1), (0, 0)), "many": many})

    assert list(files) == ["confusion_trees.png", "confusion_many.png"]
    few, crowded = (figure.axes[0] for figure in drawn)
    np.testing.assert_allclose(few.get_images()[0].get_array(), [[0.75, 0.25], [0.0, 0.0]])
    assert [text.get_text() for text in few.texts] == ["3", "1", "0", "0"]
    assert [tick.get_text() for tick in few.get_yticklabels()] == ["class $ 0 with a lo…", "class $ 1 with a lo…"]
    assert (len(crowded.texts), crowded.get_images()[0].get_array().shape) == (0, (60, 60))


def test_importance_plot_shows_the_largest_on_top(drawn):
    importance_plot({f"column {place}": place / 100 for place in range(40)})

    axes = drawn[0].axes[0]
    assert [text.get_text() for text in axes.get_yticklabels()] == [f"column {place}" for place in range(39, 14, -1)]
    assert axes.yaxis_inverted()


def test_tasks_and_metrics_load_neither_plots_nor_mlflow_nor_mllib():
    """Every Python worker loads the definitions of a system."""
    unwanted = "{'matplotlib', 'mlflow', 'pyspark.ml', 'tidegate.evaluation.plots'}"
    code = f"import sys, tidegate, tidegate.tasks, tidegate.evaluation; print(sorted({unwanted} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": "lib"})
    assert found.stdout == "[]\n"
