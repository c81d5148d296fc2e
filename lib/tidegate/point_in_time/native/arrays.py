"""Arrays of whole numbers, and pairs of them as one number that sorts the same way."""

from typing import Any

import numpy as np
import numpy.typing as npt

Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
# A pair of numbers fits into one as long as their spans, multiplied, stay below.
_ROOM = 1 << 62


class Packing:
    """How a code and a moment become one number: by the code first, then by the moment.

    Moments that span too much to fit beside the codes are replaced by their places among all moments.
    """

    def __init__(self, codes: int, moments: Longs) -> None:
        """Look at the moments; `codes` is the number of different codes."""
        self._first = int(moments.min()) if len(moments) else 0
        self._span = (int(moments.max()) - self._first + 1) if len(moments) else 1
        self._ranks: Longs | None = None
        if codes * self._span >= _ROOM:
            self._ranks = np.unique(moments)
            self._span = len(self._ranks)

    def pack(self, codes: Longs, moments: Longs) -> Longs:
        """Return codes and moments as one number each; the moments are among those that were looked at."""
        return codes * self._span + self._places(moments)

    def pack_latest(self, codes: Longs, moments: Longs) -> Longs:
        """Return, for any moments, the number of the latest looked-at moment up to each; a lower one's where there is none."""
        places = np.minimum(self._places(moments), self._span - 1)
        return np.where(places < 0, codes * self._span - 1, codes * self._span + places)

    def _places(self, moments: Longs) -> Longs:
        if self._ranks is None:
            return moments - self._first
        return np.searchsorted(self._ranks, moments, side="right").astype(np.int64) - 1


def sorting_order(values: Longs) -> Longs | None:
    """Return the places that sort the values, equal ones in the order they have; None where they are sorted."""
    if len(values) < 2 or bool((values[1:] >= values[:-1]).all()):
        return None
    return np.argsort(values, kind="stable").astype(np.int64)


def in_order(values: npt.NDArray[Any], order: Longs | None) -> npt.NDArray[Any]:
    """Return the values in an order, as `sorting_order` gives it."""
    return values if order is None else values[order]


def last_up_to(values: Longs, wanted: Longs) -> Longs:
    """Return for each wanted number the place of the last of the sorted values that is not greater, -1 where all are."""
    # In order: looked up in any order, nearly each of them would wait for memory.
    order = np.argsort(wanted)
    places = np.empty(len(wanted), dtype=np.int64)
    places[order] = np.searchsorted(values, wanted[order], side="right") - 1
    return places
