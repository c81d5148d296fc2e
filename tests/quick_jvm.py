"""The compilers of the tests' JVMs: to optimise code for a few rows takes longer than to run it."""

# For a JVM that runs for a minute or two. The quick compiler alone, with the room for code that both would have.
QUICK_JVM = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m"
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
