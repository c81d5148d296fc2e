"""Settings of the tests' JVMs: to optimise code for a few rows takes longer than to run it."""

# Hadoop starts chmod and readlink for each file, fifty times a second. By default Java first starts a helper for each of them.
QUICK_START = "-Djdk.lang.Process.launchMechanism=VFORK"
# For a JVM that runs for a minute or two. The quick compiler alone, with the room for code that both would have.
QUICK_JVM = f"-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m {QUICK_START}"
# For a JVM that runs for half an hour. The optimising compiler waits until code has run four times as often as by default.
LATE_OPTIMISER = " ".join(
    f"-XX:Tier4{name}={4 * default}"
    for name, default in {
        "InvocationThreshold": 5_000,
        "MinInvocationThreshold": 600,
        "CompileThreshold": 15_000,
        "BackEdgeThreshold": 40_000,
    }.items()
)

# Without it Python asks the JVM five things more for each Column that it makes: an error message of Spark then says which line of
# Python made the Column. `make evidence` has it.
WITHOUT_ORIGIN = {"spark.python.sql.dataFrameDebugging.enabled": "false"}
