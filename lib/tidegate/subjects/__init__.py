"""The map of tables that hold personal data, and the suppression list of erased people. `tidegate.erasure` does the erasing."""
