"""What a JVM is started with that runs for a minute or two: to optimise code for a few rows takes longer than to run it."""

# The quick compiler alone, with the room for code that both would have.
QUICK_JVM = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m"
