"""Bits that survive: a check sum, and a tail-biting convolutional code that is read with soft decisions.

The code is the one of rate 1/4 and constraint length 9 with the generators 463, 535, 733, 745 (octal; Larsen, "Short
convolutional codes with maximal free distance", 1973): any two messages differ in at least 24 of their coded bits.
Tail-biting (Ma and Wolf, 1986): the register begins as it will end, so that no bits are spent on closing it.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.uint8]

GENERATORS = (0o463, 0o535, 0o733, 0o745)
RATE = len(GENERATORS)
"""Coded bits for one bit."""
DISTANCE = 24
_MEMORY = 8
_STATES = 1 << _MEMORY
_TURNS = 3
"""How often the decoder goes round the circle: in the first turn it finds where to begin, the middle one is read."""
CHECK_BITS = 16
_CHECK_POLYNOMIAL = 0x1021  # CRC-16-CCITT


def with_check(message: Bits) -> Bits:
    """Bits [N] and 16 more, by which a reader knows that it read them right; else one time in 65,536."""
    return np.concatenate([message, _check(message)])


def checked(read: Bits) -> Bits | None:
    """The message in bits that `with_check` made; None where they do not fit together."""
    message = read[:-CHECK_BITS]
    return message if np.array_equal(_check(message), read[-CHECK_BITS:]) else None


def encode(message: Bits) -> Bits:
    """Bits [N], N at least 8, to coded bits [4 N]."""
    register = np.lib.stride_tricks.sliding_window_view(np.concatenate([message[-_MEMORY:], message]), _MEMORY + 1)
    registers = register @ (1 << np.arange(_MEMORY, -1, -1))
    return _outputs()[registers].reshape(-1)


def decode(evidence: NDArray[np.float32]) -> Bits:
    """The likeliest bits [N]. evidence [4 N]: of each coded bit, above 0 for a 0, below for a 1 (log likelihoods)."""
    steps = evidence.reshape(-1, RATE)
    gains = steps @ (1 - 2 * _outputs().T.astype(np.float32))  # [N, 512], of each register
    best, choices = np.zeros(_STATES, np.float32), []
    for step in range(_TURNS * len(steps)):
        both = best.repeat(2) + gains[step % len(steps)]  # of register r, which came from state r >> 1
        first, second = both[:_STATES], both[_STATES:]
        choices.append(second > first)
        best = np.maximum(first, second)
    state, found = int(best.argmax()), []
    for choice in reversed(choices):
        found.append(state & 1)
        state = (state | (_STATES if choice[state] else 0)) >> 1
    middle = found[::-1][len(steps) : 2 * len(steps)]
    return np.array(middle, np.uint8)


@cache
def _outputs() -> Bits:
    """Coded bits [512, 4] of each content of the register, the newest bit last."""
    registers = np.arange(2 * _STATES)
    places = np.arange(_MEMORY + 1)
    taps = np.array([[generator >> place & 1 for place in places] for generator in GENERATORS])
    return ((registers[:, None] >> places & 1) @ taps.T % 2).astype(np.uint8)


def _check(message: Bits) -> Bits:
    value = 0xFFFF
    for bit in message.tolist():
        turn = (value >> (CHECK_BITS - 1)) ^ bit
        value = (value << 1 & 0xFFFF) ^ (_CHECK_POLYNOMIAL if turn else 0)
    return np.array([value >> place & 1 for place in range(CHECK_BITS - 1, -1, -1)], np.uint8)
