"""Arrays of integers, and a way to pack a pair of integers into one that sorts in the same order."""

from typing import Any

import numpy as np
import numpy.typing as npt

Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
# A pair fits into one 64-bit integer as long as the product of the two value ranges stays below this.
_ROOM = 1 << 62


class Packing:
    """Packs a key code and a moment into one integer, which sorts by the code first and then by the moment.

    If the range of the moments is too large to fit, each moment is replaced by its rank among all moments.
    """

    def __init__(self, codes: int, moments: Longs) -> None:
        """Derive the packing from all moments that will be packed; `codes` is the number of different key codes."""
        self._first = int(moments.min()) if len(moments) else 0
        self._span = (int(moments.max()) - self._first + 1) if len(moments) else 1
        self._ranks: Longs | None = None
        if codes * self._span >= _ROOM:
            self._ranks = np.unique(moments)
            self._span = len(self._ranks)

    def pack(self, codes: Longs, moments: Longs) -> Longs:
        """Pack codes and moments. Every moment must be one of those that the packing was made from."""
        return codes * self._span + self._places(moments)

    def pack_latest(self, codes: Longs, moments: Longs) -> Longs:
        """Pack codes with any moments, each rounded down to the latest moment that the packing was made from.

        If there is no such moment, the result is smaller than any packed pair with that code.
        """
        places = np.minimum(self._places(moments), self._span - 1)
        return np.where(places < 0, codes * self._span - 1, codes * self._span + places)

    def pack_earliest(self, codes: Longs, moments: Longs) -> Longs:
        """Pack codes with any moments, each rounded up to the earliest moment that the packing was made from.

        If there is no such moment, the result is greater than any packed pair with that code, and no greater than any with the
        next code.
        """
        places = moments - self._first if self._ranks is None else np.searchsorted(self._ranks, moments).astype(np.int64)
        return codes * self._span + np.clip(places, 0, self._span, out=places)

    def _places(self, moments: Longs) -> Longs:
        if self._ranks is None:
            return moments - self._first
        return np.searchsorted(self._ranks, moments, side="right").astype(np.int64) - 1


def sorting_order(values: Longs) -> Longs | None:
    """Return the indices that sort the values, with equal values in their present order; None if they are already sorted."""
    if len(values) < 2 or bool((values[1:] >= values[:-1]).all()):
        return None
    return np.argsort(values, kind="stable").astype(np.int64)


def in_order(values: npt.NDArray[Any], order: Longs | None) -> npt.NDArray[Any]:
    """Return the values in an order as `sorting_order` returns it."""
    return values if order is None else values[order]


def last_up_to(values: Longs, wanted: Longs) -> Longs:
    """Return, for each wanted number, the index of the last sorted value that is not greater; -1 if all are greater."""
    # Sorted first: in random order, nearly every lookup would miss the processor's cache.
    order = np.argsort(wanted)
    places = np.empty(len(wanted), dtype=np.int64)
    places[order] = np.searchsorted(values, wanted[order], side="right") - 1
    return places
