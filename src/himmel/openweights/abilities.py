"""What the model in a folder can and cannot do, read from its configuration. Imports no torch.

Lengths, rates and the usual settings stand in no configuration; they are those that the makers of the weights publish
with them (their model cards, and the defaults of the same classes in diffusers).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import lcm
from typing import Any

from himmel.records import HimmelError

Config = Mapping[str, Any]
MOST = 4096
"""Pixels or frames beyond which a number in a configuration is a mistake."""


@dataclass(frozen=True)
class Usual:
    """What a model was trained for and is usually asked: size in pixels, frames, frames a second, steps, guidance."""

    width: int
    height: int
    frames: int
    rate: int
    steps: int
    guidance: float


@dataclass(frozen=True)
class Abilities:
    """What can be asked of a model.

    text: it makes clips from words alone. first: it goes on from a picture. last: it leads to a picture; both: from one
    to another. cell: width and height are multiples of it. step: frames in one pass are 1 more than a multiple of it.
    longest: frames in one pass. words: pieces of a prompt that it reads. told_rate: whether it is told the frames a
    second. lost: frames after the given one that it does not give back. one_size: whether it knows its usual size only.
    reuses: whether diffusers can take a step's inner blocks from the step before.
    """

    usual: Usual
    text: bool
    first: bool
    last: bool
    both: bool
    cell: int
    step: int
    longest: int
    words: int
    told_rate: bool = False
    lost: int = 0
    one_size: bool = False
    reuses: bool = True

    def fitting(self, frames: int) -> int:
        """The least number of frames that one pass can make and that is no less than this."""
        return 1 + -(-(frames - 1) // self.step) * self.step

    @property
    def most(self) -> int:
        """The longest that one pass really makes: `longest`, or the length in its steps below it."""
        return 1 + (self.longest - 1) // self.step * self.step

    def check_size(self, width: int, height: int) -> None:
        """Raises HimmelError for a size that the model cannot make."""
        usual = f"{self.usual.width}x{self.usual.height}"
        if self.one_size and (width, height) != (self.usual.width, self.usual.height):
            raise HimmelError(f"size {width}x{height}", f"this model makes {usual} alone", f"--size {usual}")
        if width % self.cell or height % self.cell:
            near = "x".join(str(max(1, round(side / self.cell)) * self.cell) for side in (width, height))
            raise HimmelError(f"size {width}x{height}", f"multiples of {self.cell} for this model", f"--size {near}")


def abilities_of(name: str, index: Config, transformer: Config, vae: Config) -> Abilities:
    """What a folder's model can do. name: the pipeline class that it names; index: its model_index.json.

    Raises HimmelError for configurations that are not of that class, or do not belong together.
    """
    try:
        found = FAMILIES[name](name, index, transformer, vae)
        numbers = (found.usual.width, found.usual.height, found.cell, found.step, found.longest, found.words)
        if not all(isinstance(number, int) and 0 < number <= MOST for number in numbers) or found.most < 3:
            raise ValueError
    except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
        raise HimmelError(
            f"a configuration that is not that of a {name}", "whole numbers where it has them", "download it again"
        ) from error
    return found


def _wan(name: str, index: Config, transformer: Config, vae: Config) -> Abilities:
    """Wan 2.1 and 2.2 (2503.20314). A model with `expand_timesteps` takes its first frame as a part of the clip, so it
    can do without one.
    """
    channels, expands = vae.get("z_dim", 16), bool(index.get("expand_timesteps"))
    pictures = name == "WanImageToVideoPipeline"
    _together(transformer["in_channels"], 2 * channels + 4 if pictures and not expands else channels)
    step, rope = vae.get("scale_factor_temporal", 4), transformer.get("rope_max_seq_len", 1024)
    usual = Usual(1280, 704, 121, 24, 50, 5.0) if expands else Usual(832, 480, 81, 16, 50, 5.0)
    # Of Wan 2.1 only the weights for two pictures have places for them, and want both; Wan 2.2 looks at no picture
    # through an image encoder, so it has nothing to tell apart.
    two = transformer.get("pos_embed_seq_len") is not None
    both = two or transformer.get("image_dim") is None
    return Abilities(
        usual=usual,
        text=not pictures or expands,
        first=(pictures and not two) or expands,
        last=False,
        both=pictures and not expands and both,
        cell=lcm(16, vae.get("scale_factor_spatial", 8) * transformer["patch_size"][1]),
        step=step,
        longest=min(usual.frames, 1 + (rope - 1) * step),
        words=512,
    )


def _ltx(name: str, index: Config, transformer: Config, vae: Config) -> Abilities:
    """LTX-Video (2501.00103). The same weights go on from a picture; those for conditions take pictures anywhere."""
    _together(transformer["in_channels"], vae["latent_channels"])
    halvings = 2 ** sum(map(bool, vae["spatio_temporal_scaling"]))
    spatial = vae.get("spatial_compression_ratio") or vae["patch_size"] * halvings
    anywhere = name == "LTXConditionPipeline"
    return Abilities(
        usual=Usual(704, 480, 161, 25, 50, 3.0),
        text=True,
        first=True,
        last=anywhere,
        both=anywhere,
        cell=lcm(32, spatial),
        step=vae.get("temporal_compression_ratio") or vae["patch_size_t"] * halvings,
        longest=257,
        words=256 if anywhere else 128,
        told_rate=True,
    )


def _hunyuan(name: str, index: Config, transformer: Config, vae: Config) -> Abilities:
    """HunyuanVideo (2412.03603). A picture is laid beside the latents, or takes the place of the first."""
    pictures, kind = name == "HunyuanVideoImageToVideoPipeline", transformer.get("image_condition_type")
    if pictures != (kind in ("latent_concat", "token_replace")):
        raise ValueError
    channels = vae.get("latent_channels", 16)
    _together(transformer["in_channels"], 2 * channels + 1 if kind == "latent_concat" else channels)
    step = vae.get("temporal_compression_ratio", 4)
    return Abilities(
        usual=Usual(1280, 720, 129, 24, 50, 1.0 if kind == "latent_concat" else 6.0),
        text=not pictures,
        first=pictures,
        last=False,
        both=False,
        cell=lcm(16, vae.get("spatial_compression_ratio", 8) * transformer["patch_size"]),
        step=step,
        longest=129,
        words=256,
        lost=step if kind == "latent_concat" else 0,
        reuses=not pictures,
    )


def _cogvideox(name: str, index: Config, transformer: Config, vae: Config) -> Abilities:
    """CogVideoX 1.0 and 1.5 (2408.06072). Its autoencoder decodes latents in pairs after the first, so a pass has an
    odd number of them.
    """
    pictures, channels = name == "CogVideoXImageToVideoPipeline", vae.get("latent_channels", 16)
    _together(transformer["in_channels"], 2 * channels if pictures else channels)
    spatial = 2 ** (len(vae["block_out_channels"]) - 1)
    newer = transformer.get("patch_size_t") is not None
    # The configuration of 1.5 names the largest positions, not a size that it was trained at.
    size = (1360, 768) if newer else (transformer["sample_width"] * spatial, transformer["sample_height"] * spatial)
    frames = transformer["sample_frames"]
    return Abilities(
        usual=Usual(*size, frames, 16 if newer else 8, 50, 6.0),
        text=not pictures,
        first=pictures,
        last=False,
        both=False,
        cell=spatial * transformer["patch_size"],
        step=2 * int(vae.get("temporal_compression_ratio", 4)),
        longest=frames,
        words=transformer.get("max_text_seq_length", 226),
        one_size=bool(transformer.get("use_learned_positional_embeddings")),
    )


def _cosmos(name: str, index: Config, transformer: Config, vae: Config) -> Abilities:
    """Cosmos 1 and 2 (2501.03575), to a world from words, or from a picture."""
    pictures, second = name != "CosmosTextToWorldPipeline", name == "Cosmos2VideoToWorldPipeline"
    channels = vae.get("z_dim" if second else "latent_channels", 16)
    _together(transformer["in_channels"], channels + 1 if pictures else channels)
    scaling = vae.get("temperal_downsample", [False, True, True])
    spatial = 2 ** len(scaling) if second else vae.get("spatial_compression_ratio", 8)
    return Abilities(
        usual=Usual(1280, 704, 93, 16, 35, 7.0) if second else Usual(1280, 704, 121, 30, 36, 7.0),
        text=not pictures,
        first=pictures,
        last=False,
        both=False,
        cell=lcm(16, spatial * transformer["patch_size"][1]),
        step=2 ** sum(map(bool, scaling)) if second else vae.get("temporal_compression_ratio", 8),
        longest=93 if second else 121,
        words=512,
        told_rate=True,
        reuses=False,
    )


def _together(found: object, wanted: object) -> None:
    if found != wanted:
        raise HimmelError(
            f"a transformer for {found!r:.40} channels beside an autoencoder and a pipeline that want {wanted!r:.40}",
            "parts of one model",
            "download it again",
        )


FAMILIES: dict[str, Callable[[str, Config, Config, Config], Abilities]] = {
    "WanPipeline": _wan,
    "WanImageToVideoPipeline": _wan,
    "LTXPipeline": _ltx,
    "LTXImageToVideoPipeline": _ltx,
    "LTXConditionPipeline": _ltx,
    "HunyuanVideoPipeline": _hunyuan,
    "HunyuanVideoImageToVideoPipeline": _hunyuan,
    "CogVideoXPipeline": _cogvideox,
    "CogVideoXImageToVideoPipeline": _cogvideox,
    "CosmosTextToWorldPipeline": _cosmos,
    "CosmosVideoToWorldPipeline": _cosmos,
    "Cosmos2VideoToWorldPipeline": _cosmos,
}
"""Pipeline classes that are run, each with what reads its configuration."""
