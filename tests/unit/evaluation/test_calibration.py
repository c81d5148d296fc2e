import numpy as np
import pytest

from tidegate.evaluation.calibration import CalibrationBin, calibration, expected_calibration_error


def test_calibration_makes_ten_bins_of_equal_size():
    places = np.arange(100.0)
    bins = calibration(np.full(100, 10.0), 10 * places / 100, places % 10)

    assert [item.rows for item in bins] == [100] * 10
    assert [item.observed for item in bins] == [pytest.approx(0.45)] * 10
    assert bins[0].predicted == pytest.approx(0.045)
    assert bins[-1].predicted == pytest.approx(0.945)


def test_calibration_keeps_equal_scores_together():
    assert calibration(np.array([40.0]), np.array([12.0]), np.array([10.0])) == (CalibrationBin(40, 0.3, 0.25),)


def test_expected_calibration_error_weighs_by_rows():
    bins = (CalibrationBin(30, 0.2, 0.3), CalibrationBin(10, 0.8, 0.6))

    assert expected_calibration_error(bins) == pytest.approx((30 * 0.1 + 10 * 0.2) / 40)
