"""Swapped pairs: who draws what is asked scores all, who ignores which colour belongs where scores as by luck."""

import numpy as np

from himmel.evaluation.swaps import Swap, evaluate_swaps, swaps
from himmel.grammar.vocabulary import COLOURS
from himmel.sight.reading import Reading


class Echo:
    """Reads frames in which somebody wrote the scene: the place of a pair, and whether it is the swapped one."""

    name, fingerprint = "echo", "0"

    def __init__(self, pairs: list[Swap]) -> None:
        self.pairs = pairs
        self.about: dict[str, object] = {}

    def read(self, frames: np.ndarray) -> Reading:
        pair = self.pairs[int(frames[0])]
        scene = pair.swapped if frames[1] else pair
        things = dict([scene.first, scene.second])
        objects = {colour: {"shape": things.get(colour, "ball")} for colour in COLOURS}
        return Reading({}, {colour: float(colour in things) for colour in COLOURS}, objects, {}, False)


def test_right_clips_score_all_and_deaf_ones_half() -> None:
    pairs = swaps(20, seed=3)
    prompts = {swap.prompt: (i, 0) for i, swap in enumerate(pairs)} | {
        swap.swapped.prompt: (i, 1) for i, swap in enumerate(pairs)
    }
    right = evaluate_swaps(lambda text, seed: np.array(prompts[text]), pairs, Echo(pairs), lambda done: None)
    assert (right.asked, right.exchanged, right.pairs, right.clips) == (40, 0, 20, 40)
    deaf = evaluate_swaps(lambda text, seed: np.array((prompts[text][0], 0)), pairs, Echo(pairs), lambda done: None)
    assert (deaf.asked, deaf.exchanged, deaf.pairs) == (20, 20, 0)
    assert "both clips of a pair" in deaf.markdown()


def test_pairs_differ_only_in_which_colour_belongs_where() -> None:
    for swap in swaps(50):
        assert sorted(swap.prompt.split()) == sorted(swap.swapped.prompt.split())
        assert swap.prompt != swap.swapped.prompt
        assert swap.swapped.swapped == swap
