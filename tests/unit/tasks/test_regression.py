import pytest

from tidegate import Regression
from tidegate.errors import DefinitionError


def test_regression_is_named_after_its_loss():
    assert (Regression().loss_name, Regression("absolute").loss_name) == ("squared_error", "absolute_error")
    with pytest.raises(DefinitionError, match="loss_of"):
        Regression("cubic")
