"""What the driver's JVM is started with where plain Python starts it."""

import pytest
from pyspark.sql import SparkSession
from tests.conftest import CHECKOUT

from tidegate.session import JVM_OPTIONS, driver_settings, read_properties


def test_the_jvm_has_the_options_of_the_environment_and_of_the_properties(spark: SparkSession) -> None:
    environment = driver_settings().get(JVM_OPTIONS)
    if environment is None:
        pytest.skip("this environment was not made by spark-submit.sh")
    started_with = spark.sparkContext.getConf().get(JVM_OPTIONS, "").split()
    properties = read_properties(CHECKOUT / "conf" / "spark" / "local.conf")[JVM_OPTIONS]
    assert {*environment.split(), *properties.split()} <= {*started_with}
