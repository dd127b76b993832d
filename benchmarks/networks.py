"""The transformer's forward pass against matrix products of its own shapes, and the autoencoder a group of frames."""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec

import torch

from benchmarks.clock import matrix_limit, median_seconds
from himmel.autoencoder import Autoencoder, AutoencoderConfig
from himmel.transformer import SIZES, Transformer, Words, forward_flops
from himmel.transformer.attention import EXPLICIT, FUSED
from himmel.transformer.compiled import ALONE, Compiled, compile_blocks
from himmel.transformer.grid import positions

WORDS = 75


def transformer_inputs(batch: int, groups: int, height: int, width: int, dtype: torch.dtype) -> dict:
    """Random inputs of the shapes that sampling gives: one level a latent frame."""
    tokens = groups * height * width
    index = torch.arange(groups).repeat_interleave(height * width).expand(batch, -1)
    return {
        "latents": torch.randn(batch, tokens, 48).to(dtype),
        "levels": torch.rand(batch, groups),
        "level_index": index,
        "position": positions(torch.arange(groups).float()[None].expand(batch, -1) / 4, height, width),
        "words": Words(torch.randn(batch, WORDS, 256).to(dtype), torch.ones(batch, 1, WORDS, dtype=torch.bool)),
        "rate": torch.full((batch,), 16.0),
        "size": torch.full((batch,), (height * width) ** 0.5),
    }


def openvino_of(network: Transformer, dtype: torch.dtype) -> Compiled:
    """A float32 network with blocks that OpenVINO compiled, which is in `dtype` afterwards."""
    blocks = compile_blocks(network.eval(), ALONE, dtype)
    return Compiled(network.to(dtype), dtype, lambda kind: blocks)


@torch.inference_mode()
def main() -> None:
    config = SIZES["S"]
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads\n")
    print("| transformer S, two guidance branches | type | attention | ms | GFLOP/s | of the matrix limit |")
    print("|---|---|---|---|---|---|")
    for name, grid in (("128 tokens", (8, 4, 4)), ("512 tokens", (8, 8, 8)), ("1152 tokens", (8, 9, 16))):
        for dtype in (torch.bfloat16, torch.float32):
            network = Transformer(config).eval()
            fast = openvino_of(network, dtype) if find_spec("openvino") else None
            given = transformer_inputs(2, *grid, dtype)
            network.to(dtype)
            tokens = 2 * given["latents"].shape[1]
            limit = matrix_limit(tokens, config.width, 4 * config.width, dtype)
            for how in (EXPLICIT, FUSED, "OpenVINO"):
                if how == "OpenVINO" and fast is None:
                    continue
                called = partial(network, attention=how) if fast is None or how != "OpenVINO" else fast
                seconds = median_seconds(lambda n=called, g=given: n(**g))
                rate = 2 * forward_flops(config, tokens // 2, WORDS) / seconds
                kind = str(dtype).removeprefix("torch.")
                print(f"| {name} | {kind} | {how} | {1e3 * seconds:.1f} | {rate / 1e9:.0f} | {rate / limit:.0%} |")
    print("\n| autoencoder, four frames of 128 x 128 | type | encode ms | decode ms |\n|---|---|---|---|")
    frames = torch.rand(1, 3, 32, 128, 128) * 2 - 1
    for dtype in (torch.bfloat16, torch.float32):
        autoencoder = Autoencoder(AutoencoderConfig()).eval().to(dtype)
        latents = autoencoder.encode(frames)
        encode = median_seconds(lambda a=autoencoder: a.encode(frames)) / 8
        decode = median_seconds(lambda a=autoencoder, z=latents: a.decode(z)) / 8
        print(f"| | {str(dtype).removeprefix('torch.')} | {1e3 * encode:.1f} | {1e3 * decode:.1f} |")
