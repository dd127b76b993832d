"""What a request costs before it is made: floating-point operations of each stage, and memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from himmel.autoencoder.config import FRAMES_A_GROUP, PIXELS_A_TOKEN, AutoencoderConfig
from himmel.pipeline.denoiser import attention_for
from himmel.pipeline.drafts import further_walks
from himmel.pipeline.grid import Grid
from himmel.pipeline.machine import free_memory
from himmel.pipeline.request import SHORTCUT
from himmel.records import HimmelError
from himmel.records.recipe import Recipe
from himmel.sampling.windows import SIZE
from himmel.transformer.attention import EXPLICIT
from himmel.transformer.config import forward_flops

if TYPE_CHECKING:
    from himmel.pipeline.parts import Parts

WORDS = 100  # states that a clip is told, about
RESERVE = 400 << 20  # bytes: encoder of words, libraries, what else goes on
ATTENTION = 3.0  # an operation of attention lasts so many times one of a plain matrix product (docs/speed.md)
MARGIN = 1.25  # the allocator's waste


def doublings(width: int, height: int, parts: Parts) -> int:
    """How often the latents of a clip of words alone are doubled before they are decoded: once where it is much larger
    than what the training showed (`Parts.whole`) and the model can double, else never. width, height: pixels.
    """
    pixels = _places(width) * _places(height) * PIXELS_A_TOKEN**2
    return int(parts.upsampler is not None and pixels > parts.whole)


def _places(pixels: int) -> int:
    return -(-pixels // PIXELS_A_TOKEN)


def token_grid(recipe: Recipe) -> tuple[int, int, int]:
    """(latent frames, rows, columns) that are decoded, and cover what the recipe asks for."""
    groups, rows, columns = made_grid(recipe)
    return groups, rows << recipe.doublings, columns << recipe.doublings


def made_grid(recipe: Recipe) -> tuple[int, int, int]:
    """(latent frames, rows, columns) that are made, or given: half as many rows and columns for each doubling."""
    part = 2**recipe.doublings
    return Grid(recipe.plan).groups, -(-_places(recipe.height) // part), -(-_places(recipe.width) // part)


def window_grid(recipe: Recipe) -> tuple[int, int, int]:
    """(latent frames, rows, columns) of the largest canvas that is made at once: a window, and the beginning of a long
    shot beside it.
    """
    groups, rows, columns = made_grid(recipe)
    return min(groups, SIZE + 1), rows, columns


def work_of(recipe: Recipe, parts: Parts) -> list[tuple[str, int, float]]:
    """(stage, steps, floating-point operations a step) in order, for `progress.Watch`: as many drafts as may be."""
    grid = Grid(recipe.plan)
    _, rows, columns = token_grid(recipe)
    walks = sum(1 for _ in grid.walk(grid.known)) + further_walks(recipe, parts)
    decoded = grid.groups if recipe.doublings else grid.known.count(False)
    return [
        ("reading", 1, 0.0),  # half a second, whatever the clip
        ("sampling", walks * recipe.steps, step_flops(recipe, parts)),
        ("decoding", decoded, 3 * decoder_flops(parts.autoencoder.config, rows * columns)),
    ]


def branches(recipe: Recipe) -> int:
    """How many clips the network computes at once: with words and without, unless guidance is folded in or off."""
    return 1 if recipe.guidance == 1 or recipe.solver == SHORTCUT else 2


def step_flops(recipe: Recipe, parts: Parts) -> float:
    """Operations of one step of the solver, those of attention counted as often as they last longer."""
    groups, rows, columns = window_grid(recipe)
    evaluations = branches(recipe) * (2 if recipe.solver == "heun" else 1)
    config, tokens = parts.transformer.config, groups * rows * columns
    attention = 4.0 * config.depth * config.width * tokens**2
    return evaluations * (forward_flops(config, tokens, WORDS) + (ATTENTION - 1) * attention)


def decoder_flops(config: AutoencoderConfig, tokens: int) -> float:
    """Operations of decoding one latent frame of so many tokens."""
    low, middle, high = config.widths
    first, second, third = config.decoder_blocks
    pixels = 3 * FRAMES_A_GROUP * 16
    linear = config.channels * 3 * FRAMES_A_GROUP * PIXELS_A_TOKEN**2
    per_token = linear + 9 * (3 * config.channels + 2) * high + third * 18 * high**2 + 4 * high * middle
    per_token += 4 * (second * 18 * middle**2 + 4 * middle * low) + 16 * (first * 18 * low**2 + 9 * low * pixels)
    return 2.0 * per_token * tokens


def memory_of(recipe: Recipe, parts: Parts, held: bool = False) -> int:
    """Bytes that making the clip takes beside the weights, at its peak; `himmel plan` says how well this
    holds.

    held: all frames are in memory together at the end, not written while they are made.
    """
    groups, rows, columns = window_grid(recipe)
    tokens, config = groups * rows * columns, parts.transformer.config
    item = parts.dtype.itemsize
    # Two gathered modulations of nine, the gated MLP, and a handful of plain states.
    per_token = 18 * config.width + 3 * config.hidden + 12 * config.width
    scores = 3 * config.heads * tokens**2 if attention_for(tokens) == EXPLICIT else 0
    sampling = branches(recipe) * item * (per_token * tokens + scores) + 6 * 4 * config.channels * tokens
    # Three groups at a quarter of the pixels' resolution, about five states at a time, and the pixels.
    quarter = 16 * token_grid(recipe)[1] * token_grid(recipe)[2]
    decoding = 3 * quarter * (5 * item * parts.autoencoder.config.widths[0] + (item + 8) * 3 * FRAMES_A_GROUP * 16)
    frames = (recipe.frames if held else 2 * FRAMES_A_GROUP) * recipe.height * recipe.width * 3
    latents = 8 * config.channels * token_grid(recipe)[0] * rows * columns
    return int(MARGIN * (max(sampling, decoding) + frames + latents))


def check_memory(recipe: Recipe, parts: Parts, held: bool = False) -> None:
    """Raises HimmelError if making the clip would need more memory than is free."""
    needed, free = memory_of(recipe, parts, held) + RESERVE, free_memory()
    if needed > free:
        seconds = float(recipe.frames / recipe.rate)
        given = f"{recipe.width}x{recipe.height} for {seconds:g} s needs about {needed / 1e9:.1f} GB of memory"
        raise HimmelError(given, f"{free / 1e9:.1f} GB are free", "ask for a smaller --size or fewer --seconds")
