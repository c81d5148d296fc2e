"""Whose data a view's rows hold, told by the definitions alone: after renames, by joins, for several persons."""

from datetime import timedelta
from itertools import product

import pytest
from pyspark.sql import types as T
from tests.loading import step_of

from tidegate import (
    Csv,
    FeatureChoice,
    FeatureGroup,
    FeatureStep,
    FeatureView,
    Field,
    Model,
    Multiclass,
    Naive,
    OlderVersion,
    Source,
)
from tidegate.errors import DefinitionError

MONTH = timedelta(days=30)
NAMES = ("order_id", "buyer", "seller", "email", "amount")
FIELDS = tuple(Field(name, T.StringType(), name) for name in NAMES)
LABELS = FeatureGroup("returns", 1, ("order_id",), (FIELDS[0], Field("returned", T.IntegerType(), "returned")), "returns")
ORDERS = FeatureGroup("orders", 1, ("order_id",), FIELDS, "orders", subject=("buyer", "seller"), personal=("email",))


def view(group: FeatureGroup, features: tuple[str, ...], rename: dict[str, str] | None = None) -> FeatureView:
    return FeatureView("v", 1, LABELS, LABELS, ("returned",), (FeatureChoice(group, features, MONTH, rename=rename or {}),))


def test_one_name_or_several_are_a_subject() -> None:
    one = FeatureGroup("g", 1, ("order_id",), FIELDS, "g", subject="buyer")
    assert (one.subjects, ORDERS.subjects, LABELS.subjects) == (("buyer",), ("buyer", "seller"), ())
    assert (one.personal_columns, ORDERS.personal_columns) == (("buyer",), ("buyer", "seller", "email"))
    with pytest.raises(DefinitionError, match="subject names 'bayer'.*Did you mean 'buyer'"):
        FeatureGroup("g", 1, ("order_id",), FIELDS, "g", subject=("buyer", "bayer"))


@pytest.mark.parametrize("chosen", list(product([False, True], repeat=4))[1:])
@pytest.mark.parametrize("is_renamed", [False, True])
def test_every_personal_column_is_known_under_its_name_in_the_view_or_refused(chosen: tuple[bool, ...], is_renamed: bool) -> None:
    features = tuple(name for name, taken in zip(NAMES[1:], chosen, strict=True) if taken)
    new = {name: f"its_{name}" for name in features} if is_renamed else {}
    if "email" in features and not {"buyer", "seller"} <= {*features}:
        with pytest.raises(DefinitionError, match=r"'email' of feature group 'orders' is personal, but .*(buyer|seller).*Take"):
            view(ORDERS, features, new)
        return
    made = view(ORDERS, features, new)
    assert made.subjects == tuple(new.get(name, name) for name in features if name in ("buyer", "seller"))
    assert set(made.personal_columns) == {new.get(name, name) for name in features if name != "amount"}


def test_what_joins_a_person_names_her_in_every_group_of_the_view() -> None:
    def fields(*names: str) -> tuple[Field, ...]:
        return tuple(Field(name, T.StringType(), name) for name in names)

    rides = FeatureGroup("rides", 1, ("ride_id",), fields("ride_id", "rider", "driver", "late", "tip"), "rides", "rider")
    drivers = FeatureGroup("drivers", 1, ("driver",), fields("driver", "stars"), "drivers", "driver")
    shifts = FeatureGroup("shifts", 1, ("driver",), fields("driver", "hours"), "shifts")
    choices = (FeatureChoice(drivers, ("stars",), MONTH), FeatureChoice(shifts, ("hours",), MONTH))
    made = FeatureView("v", 1, rides, rides, ("late",), choices)
    assert made.group_subjects == {rides: ("rider", "driver"), drivers: ("driver",), shifts: ("driver",)}
    assert made.subjects == ("driver",)
    model = Model("waits", made, Multiclass(("yes", "no")), (Naive(),), carried=("rider", "tip"))
    assert (set(model.table.subjects), model.table.personal) == ({"driver", "rider"}, ())


def test_a_prediction_table_keeps_no_personal_column_without_its_person() -> None:
    named = FeatureGroup("orders", 1, ("order_id",), FIELDS, "orders", subject="buyer", personal=("email",))
    amounts = FeatureGroup("amounts", 1, ("order_id",), (FIELDS[0], FIELDS[4]), "amounts")
    made = FeatureView("v", 1, named, named, ("amount",), (FeatureChoice(amounts, ("amount",), MONTH, rename={"amount": "a"}),))
    with pytest.raises(DefinitionError, match="model 'sales': 'email' of feature group 'orders' is personal"):
        Model("sales", made, Multiclass(("low", "high")), (Naive(),), carried=("email",))
    assert Model("sales", made, Multiclass(("low", "high")), (Naive(),), carried=("email", "buyer")).table.personal == ("email",)


@pytest.mark.parametrize(("subject", "refused"), [(None, True), ("buyer", True), (("buyer", "seller"), False)])
def test_a_source_names_as_many_persons_as_the_group_that_it_is_loaded_into(
    subject: str | tuple[str, ...] | None, refused: bool
) -> None:
    source = Source("orders", FIELDS, Csv(), subject=subject)
    if refused:
        with pytest.raises(DefinitionError, match=r"source 'orders' declares .*feature group orders_v1.* buyer, seller"):
            step_of(source, ORDERS, "orders", lambda rows: rows)
        return
    assert step_of(source, ORDERS, "orders", lambda rows: rows).source.subjects == ("buyer", "seller")


def test_a_column_that_named_a_person_in_the_older_version_does_so_in_the_newer_one() -> None:
    newer = FeatureGroup("orders", 2, ("order_id",), FIELDS, "orders", subject="buyer", personal=("email",))
    source = Source("orders", FIELDS, Csv(), subject=("buyer", "seller"))
    with pytest.raises(DefinitionError, match="orders_v2: seller names a person in orders_v1, but is no subject here"):
        FeatureStep(newer, (source,), lambda rows: rows, older=OlderVersion(ORDERS, lambda rows: rows))
