"""Clips in another style: twenty of them, each as its caption says."""

import numpy as np

from himmel.recipes.paper import CLIPS, FRAMES, SIDE, draw, films


def test_twenty_captions_say_what_is_different() -> None:
    made = films()
    assert len({film.caption for film in made}) == len(made) == CLIPS
    assert films() == made


def test_what_moves_to_the_right_moves_to_the_right() -> None:
    film = next(film for film in films() if film.going == "moves to the right")
    frames = np.stack(draw(film)).astype(int)
    assert frames.shape == (FRAMES, SIDE, SIDE, 3)
    changed = np.abs(frames - np.median(frames, 0)).sum(-1)[:, : SIDE * 6 // 10] > 120
    middles = [np.nonzero(changed[index])[1].mean() for index in (1, FRAMES - 2)]
    assert middles[1] - middles[0] > SIDE / 3
