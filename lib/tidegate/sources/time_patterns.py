"""Check declared patterns of dates and times, in Spark's letters. A pattern that would lose a part of a text is refused.

Spark does not report what it loses when it reads a text by a pattern. It ignores the letters of a quoted `'Z'`. It reads an hour
of the 12-hour clock without am or pm as one in the morning. It cuts digits finer than microseconds. It fills missing parts with
those of the first day of 1970. This module reports such patterns when the source is declared.
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

# For each letter, how many of it a pattern may have in a row.
_DAY_LETTERS = {"y": (1, 2, 4), "M": (1, 2, 3, 4), "L": (1, 2, 3, 4), "d": (1, 2), "D": (1, 2, 3)}
_TIME_LETTERS = {"H": (1, 2), "k": (1, 2), "h": (1, 2), "K": (1, 2), "a": (1,), "m": (1, 2), "s": (1, 2), "S": (1, 2, 3, 4, 5, 6)}
_ZONE_LETTERS = {"X": (1, 2, 3, 4, 5), "x": (1, 2, 3, 4, 5), "Z": (1, 2, 3, 4, 5), "O": (1, 4), "z": (1, 2, 3, 4), "V": (2,)}
_LETTERS = {**_DAY_LETTERS, **_TIME_LETTERS, **_ZONE_LETTERS}
_HALF_DAY, _WHOLE_DAY = set("hK"), set("Hk")
_MEANT = {"Y": "yyyy", "u": "yyyy", "n": "SSSSSS", "N": "SSSSSS", "A": "SSS"}
# Literal text in a pattern that states an offset: UTC, the short name of a zone in capital letters, its long name, or a number.
_UTC_NAME = r"(?i:(?:^|[^a-z])(?:z|utc|gmt|zulu)(?:$|[^a-z]))"
_SHORT_NAMES = (
    "CET|CEST|MEZ|MESZ|EET|EEST|WET|WEST|BST|IST|MSK|SAST|JST|KST|HKT|SGT|PKT|NZST|NZDT|HST|A[CEW][SD]T|AK?[SD]T|[ECMP][SD]?T"
)
_ZONE_NAME = re.compile(rf"(?:^|[^A-Za-z])(?:{_SHORT_NAMES})(?:$|[^A-Za-z])|[A-Z][a-z]+/[A-Z]")
_SAYS_OFFSET = re.compile(rf"{_UTC_NAME}|{_ZONE_NAME.pattern}|[+-]\s*\d")
_SAYS_HALF_DAY = re.compile(r"(?i)(?:^|[^a-z])[ap]\.?m(?:$|[^a-z])")
_OFFSET_LETTERS = "X, which reads both Z and +02, or z, which reads the short name of a zone"


def pattern_faults(pattern: str, is_day: bool) -> list[str]:
    """Return a sentence for each fault of a pattern; none if Spark reads every part of a text with it.

    Args:
        pattern: The pattern that a source declares.
        is_day: Whether the pattern is for a date and not for a timestamp.
    """
    parts = pattern.split("'")
    if len(parts) % 2 == 0:
        return ["a quote (') is opened and not closed"]
    if re.search(r"[\[\]{}#]", "".join(parts[::2])):
        return [
            "[ ] { } and # are not allowed: Spark fills in a part that may be missing; declare only parts that every text has"
        ]
    runs = [found.group(0) for part in parts[::2] for found in re.finditer(r"([A-Za-z])\1*", part)]
    return [*_skipped_faults(parts), *(_letter_faults(runs) or _meaning_faults(runs, is_day))]


def names_zone(pattern: str) -> bool:
    """Return whether a pattern reads a zone or an offset. Quoted letters are literal text and don't count."""
    return any(letter in part for part in pattern.split("'")[::2] for letter in _ZONE_LETTERS)


def _skipped_faults(parts: list[str]) -> Iterator[str]:
    """Yield the faults of literal text: every second part is quoted, and digits are literal without quotes."""
    for text in parts[1::2]:
        if _SAYS_OFFSET.search(text):
            yield f"Spark would ignore the quoted '{text}' and lose the offset that it states; write {_OFFSET_LETTERS}"
        if _SAYS_HALF_DAY.search(text):
            yield f"Spark would ignore the quoted '{text}' and lose whether the time is am or pm; write a, with hh before it"
    for text in re.findall(r"[+-]\s*\d[\d:]*", " ".join(parts[::2])):
        yield f"Spark would ignore {text} and lose the offset that it states; write {_OFFSET_LETTERS}"


def _letter_faults(runs: list[str]) -> list[str]:
    faults = []
    for run in dict.fromkeys(runs):
        letter = run[0]
        if letter not in _LETTERS:
            meant = f"; write {_MEANT[letter]} instead" if letter in _MEANT else ""
            faults.append(f"{run} can't be read{meant}")
        elif len(run) not in _LETTERS[letter]:
            longest = max(_LETTERS[letter])
            why = ", because digits finer than microseconds would be cut" if letter == "S" else ""
            faults.append(
                f"{run} can't be read; write at most {longest} in a row{why}" if len(run) > longest else f"{run} can't be read"
            )
    repeated = [letter for letter, times in Counter(run[0] for run in runs).items() if times > 1]
    faults += [f"it has {letter} more than once (M is the month, m the minute)" for letter in repeated]
    return faults


def _meaning_faults(runs: list[str], is_day: bool) -> list[str]:
    letters = {run[0] for run in runs}
    zones = letters & _ZONE_LETTERS.keys()
    faults = _day_faults(letters)
    if is_day:
        beyond = "".join(sorted(letters & _TIME_LETTERS.keys()) + sorted(zones))
        if beyond:
            faults.append(
                f"{beyond}: a day has no time and no zone, so they would be lost. Declare a timestamp and compute the day from it"
            )
        return faults
    faults += _hour_faults(letters)
    if len(zones) > 1:
        faults.append(f"{', '.join(sorted(zones))}: more than one zone")
    return faults


def _day_faults(letters: set[str]) -> list[str]:
    if "y" not in letters:
        return ["it has no year (yyyy), so Spark would read the year 1970"]
    if "D" in letters:
        both = sorted(letters & set("MLd"))
        return [f"it has D, the day of the year, together with {', '.join(both)}; the day of the month is dd"] if both else []
    faults = [] if letters & set("ML") else ["it has no month (MM), so Spark would read January; mm is the minute"]
    return faults + ([] if "d" in letters else ["it has no day (dd), so Spark would read the first day of the month"])


def _hour_faults(letters: set[str]) -> list[str]:
    faults = []
    half, whole = letters & _HALF_DAY, letters & _WHOLE_DAY
    if half and "a" not in letters:
        hour = ", ".join(sorted(half))
        faults.append(f"{hour} is an hour of the 12-hour clock, and nothing says am or pm (a); HH is one of the 24-hour clock")
    if "a" in letters and not half:
        faults.append("a says am or pm, and needs an hour of the 12-hour clock (hh)")
    if len(half) + len(whole) > 1:
        faults.append("it has more than one hour")
    finer = [(letter, above) for letter, above in (("m", "an hour"), ("s", "m"), ("S", "s")) if letter in letters]
    for letter, above in finer:
        there = bool(half or whole) if above == "an hour" else above in letters
        if not there:
            faults.append(f"it has {letter} without {above}")
    return faults


def moment_format_fault(form: str) -> str | None:
    """Return what is wrong with the format by which `datetime.strptime` reads the moment in a file's name; None if nothing is."""
    if "%Z" in form or re.search(r"[+-]\d{2}:?\d{2}$", form) or _ZONE_NAME.search(re.sub("%.", " ", form)):
        return "it ignores an offset or the name of a zone; %z reads an offset or Z"
    probe = datetime(2031, 12, 25, 22, 45, 58, 123456, UTC)
    try:
        read = datetime.strptime(probe.strftime(form), form)  # noqa: DTZ007  # the zone is what this check is about
    except ValueError as error:
        return str(error)
    if read.date() != probe.date():
        return "it needs the year, the month and the day, such as %Y%m%d"
    if any(getattr(read, part) not in (0, getattr(probe, part)) for part in ("hour", "minute", "second", "microsecond")):
        return "%I is an hour of the 12-hour clock and needs %p; %H is one of the 24-hour clock"
    return None
