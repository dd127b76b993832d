"""The attack list of pictures: every one with its expected outcome, known failures marked as such."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image, ImageDraw, ImageEnhance, ImageFont
from skimage import data

from himmel.safety.frames import Lookout
from himmel.safety.policy import DEFAULT

ATTACKS: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "frames.yaml").read_text(encoding="utf-8"))
GROUND = (70, 90, 80)
HOW: dict[str, Callable[[Image.Image], Image.Image]] = {
    "mirrored": lambda picture: picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "grey": lambda picture: picture.convert("L").convert("RGB"),
    "dark": lambda picture: ImageEnhance.Brightness(picture).enhance(0.3),
    "tilted": lambda picture: picture.rotate(20, Image.Resampling.BILINEAR, fillcolor=GROUND),
    "upside down": lambda picture: picture.rotate(180),
    "small": lambda picture: Image.fromarray(np.asarray(picture.resize((48, 48)))),
}


def shown(attack: dict[str, Any]) -> list[np.ndarray]:
    """The clip of an attack: two seconds at 16 frames."""
    if attack["show"] == "face":
        picture = Image.fromarray(data.astronaut()[:300, 70:370]).resize((160, 160))
    else:
        picture = Image.new("RGB", (160, 160), GROUND)
        ImageDraw.Draw(picture).text((8, 70), attack["show"], "white", ImageFont.load_default(18))
    how = attack.get("how", "")
    frame = np.asarray(HOW[how](picture) if how in HOW else picture)
    if how == "one frame of two seconds":
        return [frame if i == 6 else np.zeros_like(frame) for i in range(32)]
    return [frame] * 32


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: f"{attack['show']} {attack.get('how', '')}".strip())
def test_attack(attack: dict[str, Any]) -> None:
    asked = attack.get("how") == "asked for by words"
    look = Lookout(Fraction(16), DEFAULT, faces_asked=asked, threads=1)
    found = next((finding.verdict.category for finding in look.all(shown(attack))), "passes")
    assert (found == attack["expect"]) != attack.get("missed", False), found
