"""Settings of runs of few days: they take effect where a command knows its period, after Spark has started."""

from pyspark.errors import PySparkException

from tidegate.commands.context import Context
from tidegate.errors import ConfigurationError
from tidegate.period import Period


def fit_session(context: Context, period: Period) -> None:
    """Give the session the settings of a short run where the period is one.

    Raises:
        ConfigurationError: Spark takes one of them at its start only, or not with that value.
    """
    short = context.settings.short_runs
    if period.length > short.most_days:
        return
    for key, value in short.spark.items():
        try:
            context.spark.conf.set(key, value)
        except PySparkException as error:
            reason = str(error).splitlines()[0]
            raise ConfigurationError(
                [f"short_runs.spark: {key}: {value!r} can't be set for a running session: {reason}"]
            ) from None
