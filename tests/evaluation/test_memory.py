"""Memory that is taken is counted, also when it is given back."""

import numpy as np

from himmel.evaluation.memory import with_peak


def test_what_is_taken_and_given_back_is_seen() -> None:
    def take(size: int) -> int:
        return int(np.ones(size << 20, np.uint8)[-1])

    (one, low, little), (again, _, much) = with_peak(lambda: take(1)), with_peak(lambda: take(96))
    assert one == again == 1
    assert little >= low > 1 << 20
    assert much - low > 80 << 20
