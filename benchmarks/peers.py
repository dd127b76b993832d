"""The networks against those of the diffusers library at equal width, depth, tokens and type, in the same run.

Each is timed at its fastest of eager, compiled and the attentions that it offers on this machine. Weights are random:
what is compared is time, and for autoencoders the time a pixel, whatever their quality. Where OpenVINO is installed,
himmel's forward pass is timed through it as well, as samplers use it; the others run as diffusers runs them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import diffusers
import torch
from diffusers.models.attention_dispatch import attention_backend
from diffusers.models.autoencoders.autoencoder_kl_ltx import AutoencoderKLLTXVideo
from diffusers.models.autoencoders.autoencoder_kl_wan import AutoencoderKLWan
from diffusers.models.autoencoders.autoencoder_tiny import AutoencoderTiny
from diffusers.models.transformers.transformer_ltx import LTXVideoTransformer3DModel
from diffusers.models.transformers.transformer_wan import WanTransformer3DModel
from torch import Tensor, nn

from benchmarks import clock
from benchmarks.clock import median_seconds
from benchmarks.networks import WORDS, openvino_of, transformer_inputs
from himmel.autoencoder import Autoencoder, AutoencoderConfig
from himmel.transformer import SIZES, Transformer
from himmel.transformer.attention import EXPLICIT, FUSED

Call = Callable[[], Tensor]
GRIDS = {"512 tokens": (8, 8, 8), "1152 tokens": (8, 9, 16)}


def ours(batch: int, grid: tuple[int, int, int], dtype: torch.dtype) -> tuple[nn.Module, dict[str, Call]]:
    """The network at size S, and the ways of calling it."""
    network = Transformer(SIZES["S"]).to(dtype)
    given = transformer_inputs(batch, *grid, dtype)
    compiled = torch.compile(network, dynamic=False)
    return network, {
        "eager, explicit": lambda: network(**given, attention=EXPLICIT),
        "eager, fused": lambda: network(**given, attention=FUSED),
        "compiled, explicit": lambda: compiled(**given, attention=EXPLICIT),
    }


def ours_compiled(batch: int, grid: tuple[int, int, int], dtype: torch.dtype) -> tuple[nn.Module, dict[str, Call]]:
    """The same through OpenVINO, without gradients."""
    network = Transformer(SIZES["S"])
    given = transformer_inputs(batch, *grid, dtype)
    fast = openvino_of(network, dtype)
    return network, {"OpenVINO": lambda: fast(**given)}


def wan(batch: int, grid: tuple[int, int, int], dtype: torch.dtype) -> tuple[nn.Module, dict[str, Call]]:
    """Wan's transformer of the same width, depth and heads; its plain MLP as wide as gives equally many parameters."""
    size = SIZES["S"]
    network: Any = WanTransformer3DModel(
        patch_size=(1, 1, 1),
        num_attention_heads=size.heads,
        attention_head_dim=size.width // size.heads,
        in_channels=size.channels,
        out_channels=size.channels,
        text_dim=size.word_width,
        ffn_dim=size.hidden * 3 // 2,
        num_layers=size.depth,
    )
    network = network.to(dtype)
    x = torch.randn(batch, size.channels, *grid).to(dtype)
    words, time = torch.randn(batch, WORDS, size.word_width).to(dtype), torch.full((batch,), 500)
    return network, _ways(network, lambda call: call(x, time, words, return_dict=False)[0])


def ltx(batch: int, grid: tuple[int, int, int], dtype: torch.dtype) -> tuple[nn.Module, dict[str, Call]]:
    """LTX's transformer of the same width, depth and heads; its MLP is four times as wide as the trunk."""
    size = SIZES["S"]
    network: Any = LTXVideoTransformer3DModel(
        in_channels=size.channels,
        out_channels=size.channels,
        num_attention_heads=size.heads,
        attention_head_dim=size.width // size.heads,
        cross_attention_dim=size.width,
        num_layers=size.depth,
        caption_channels=size.word_width,
    )
    network = network.to(dtype)
    groups, height, width = grid
    x = torch.randn(batch, groups * height * width, size.channels).to(dtype)
    words, time = torch.randn(batch, WORDS, size.word_width).to(dtype), torch.full((batch, 1), 500)
    there = torch.ones(batch, WORDS)

    def ask(call: Callable[..., tuple[Tensor]]) -> Tensor:
        return call(x, words, time, there, groups, height, width, return_dict=False)[0]

    return network, _ways(network, ask)


def _ways(network: Any, ask: Callable[[Callable[..., tuple[Tensor]]], Tensor]) -> dict[str, Call]:
    compiled = torch.compile(network, dynamic=False)

    def with_attention(name: str) -> Call:
        def call() -> Tensor:
            with attention_backend(name):
                return ask(network)

        return call

    return {
        "eager, native": with_attention("native"),
        "eager, math": with_attention("_native_math"),
        "compiled, native": lambda: ask(compiled),
    }


def fastest(
    calls: dict[str, Call], wrap: Callable[[Call], Callable[[], object]], quick: bool = False
) -> tuple[float, str]:
    """(seconds, which way) of the fastest; a way that fails here is left out, and said. quick: without compiled."""
    times = {}
    for name, call in calls.items():
        if quick and name.startswith("compiled"):
            continue
        try:
            times[name] = median_seconds(wrap(call), 3 if quick else 5)
        except (RuntimeError, NotImplementedError) as error:
            print(f"left out, {name}: {' '.join(str(error).split())[:100]}", file=sys.stderr)
    best = min(times, key=lambda name: times[name])
    return times[best], best


def forward(call: Call) -> Callable[[], object]:
    """The call without gradients."""

    def run() -> object:
        with torch.no_grad():
            return call()

    return run


def training(call: Call) -> Callable[[], object]:
    """Forward and backward under autocast, as in training."""

    def run() -> object:
        with torch.autocast("cpu", torch.bfloat16):
            out = call()
        out.float().square().mean().backward()
        return out

    return run


def transformers(quick: bool) -> None:
    print(f"diffusers {diffusers.__version__}, torch {torch.__version__}, {clock.which()}")
    print("nothing compiled\n" if quick else "each at its fastest of eager and compiled\n")
    print("| transformer, two guidance branches | himmel ms | Wan ms | LTX ms | Wan / himmel | LTX / himmel |")
    print("|---|---|---|---|---|---|")
    has = find_spec("openvino") is not None
    for title, dtype, wrap in (
        ("forward, bfloat16", torch.bfloat16, forward),
        ("forward, float32", torch.float32, forward),
        ("forward and backward, bfloat16", torch.float32, training),
    ):
        for name, grid in list(GRIDS.items())[: 1 if quick else None]:
            others = [fastest(make(2, grid, dtype)[1], wrap, quick) for make in (wan, ltx)]
            for mine in (ours, ours_compiled) if has and wrap is forward else (ours,):
                rows = [fastest(mine(2, grid, dtype)[1], wrap, quick), *others]
                cells = " | ".join(f"{1e3 * seconds:.0f} ({how})" for seconds, how in rows)
                ratios = " | ".join(f"{seconds / rows[0][0]:.2f}" for seconds, _ in rows[1:])
                print(f"| {title}, {name} | {cells} | {ratios} |", flush=True)
    built = {make.__name__: make(1, (1, 2, 2), torch.float32)[0] for make in (ours, wan, ltx)}
    millions = {name: sum(p.numel() for p in network.parameters()) / 1e6 for name, network in built.items()}
    print("\nparameters: " + ", ".join(f"{name} {count:.1f} million" for name, count in millions.items()))


@contextmanager
def _quiet() -> Iterator[None]:
    with torch.inference_mode():
        yield


def autoencoders() -> None:
    """Encode and decode 16 frames of 128 x 128 in bfloat16 at each network's usual size."""
    frames = torch.randn(1, 3, 17, 128, 128).bfloat16()
    print("\n16 frames of 128 x 128, bfloat16\n")
    print("| autoencoder | encode ms | decode ms | encode / himmel | decode / himmel |")
    print("|---|---|---|---|---|")
    first: tuple[float, float] | None = None
    with _quiet():
        for name, encode, decode in _autoencoders(frames):
            times = median_seconds(encode, 3), median_seconds(decode, 3)
            first = first or times
            ratios = " | ".join(f"{mine / other:.1f}" for mine, other in zip(times, first, strict=True))
            print(f"| {name} | {1e3 * times[0]:.0f} | {1e3 * times[1]:.0f} | {ratios} |", flush=True)


def _autoencoders(frames: Tensor) -> Iterator[tuple[str, Call, Call]]:
    """(name, encode, decode) of each; video autoencoders that keep the first frame apart get one frame more."""
    own = Autoencoder(AutoencoderConfig()).eval().bfloat16()
    latents = own.encode(frames[:, :, :16])
    yield "himmel", lambda: own.encode(frames[:, :, :16]), lambda: own.decode(latents)
    for name, network in (("Wan 2.1", AutoencoderKLWan()), ("LTX", AutoencoderKLLTXVideo())):
        yield name, *_there_and_back(network.eval().bfloat16(), frames)
    tiny: Any = AutoencoderTiny().eval().bfloat16()
    stills = frames[0, :, :16].transpose(0, 1)
    yield "tiny (TAESD, frame by frame)", *_there_and_back(tiny, stills)


def _there_and_back(network: Any, frames: Tensor) -> tuple[Call, Call]:
    def encode() -> Tensor:
        found = network.encode(frames)
        return found.latents if hasattr(found, "latents") else found.latent_dist.mode()

    latents = encode()
    return encode, lambda: network.decode(latents).sample


def main(quick: bool = False) -> None:
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    transformers(quick)
    autoencoders()


if __name__ == "__main__":
    main()
