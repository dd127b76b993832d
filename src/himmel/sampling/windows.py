"""A canvas longer than the network was trained on is made window by window; each window is a canvas of its own.

What is known already, given or made before, stands in a window as its context, so the same network that extends a
given clip extends its own. Cost grows linearly with duration and memory not at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

SIZE = 8
"""Latent frames of a window: what the network was trained on."""
CONTEXT = 2
"""Latent frames of context at least, where so many are known: a quarter of the window."""


def windows(known: Sequence[bool], loop: bool = False, size: int = SIZE, context: int = CONTEXT) -> Iterator[list[int]]:
    """For each window in turn the latent frames that it covers, in order of time; afterwards all of them are known.

    known: which latent frames are there at the start. loop: the first follows the last, so windows may run over the
    end. Gaps with something known on both sides are filled towards the later side; a beginning that is missing is
    made backward from what is known.
    """
    there, count = list(known), len(known)
    while not all(there):
        window = _next(there, loop, size, context)
        yield [i % count for i in window]
        for i in window:
            there[i % count] = True


def _next(there: list[bool], loop: bool, size: int, context: int) -> range:
    """The next window, as places that may run below 0 or past the end when the clip loops."""
    count = len(there)
    if not any(there):
        # A loop must keep enough to close it in one window with context on both sides.
        bridge = size - 2 * context
        return range(min(size, max(1, count - bridge)) if loop else min(size, count))
    start, stop = _first_gap(there, loop)
    left, right = (_known_beside(there, place, step, loop, size) for place, step in ((start - 1, -1), (stop, 1)))
    if left or not right:
        made = min(stop - start, size - min(left, context))
        end = start + made
        after = min(right, size - made) if end == stop else 0
        if end == stop and right and made + min(left, context) + min(right, context) > size and made > context:
            end, after = end - context, 0  # leave some of the gap to be closed with context on both sides
        before = min(left, size - (end - start) - min(after, context))
        after = min(after, size - (end - start) - before)
        return range(start - before, end + after)
    made = min(stop - start, size - min(right, context))
    return range(stop - made, stop + min(right, size - made))


def _first_gap(there: list[bool], loop: bool) -> tuple[int, int]:
    """The first run of unknown places after a known one where there is one, [start, stop)."""
    count = len(there)
    places = range(count)
    if loop:
        first = next(i for i in places if there[i - 1] and not there[i])
        stop = next(i for i in range(first, first + count) if there[i % count])
        return first, stop
    first = there.index(False)
    stop = next((i for i in range(first, count) if there[i]), count)
    return first, stop


def _known_beside(there: list[bool], place: int, step: int, loop: bool, most: int) -> int:
    """How many known places follow each other from `place` on in steps of `step`, at most `most`."""
    found, count = 0, len(there)
    while found < min(most, count) and (loop or 0 <= place < count) and there[place % count]:
        found, place = found + 1, place + step
    return found
