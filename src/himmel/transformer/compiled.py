"""The transformer's blocks compiled by OpenVINO, an optional dependency that fuses PyTorch's many small steps.

The network as PyTorch runs it is the reference, and the two agree (law test). Compiling takes some seconds and gives
bytes that can be kept (`compile_blocks`); a `Compiled` network is read back from them in one.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from io import BytesIO
from threading import Lock
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from himmel.transformer.attention import EXPLICIT, FUSED
from himmel.transformer.model import Conditions, Kept, Transformer, Words

ALONE, BESIDE = "alone", "beside"
"""Kinds of compiled blocks: tokens that look only at one another, and such that look at kept ones as well."""
KINDS = (ALONE, BESIDE)
DEVICE = "CPU"
LEAST = 2
"""Tokens from which blocks are compiled ones: OpenVINO 2026.4 answers wrongly for larger clips once its first was of a
single token.
"""


class _Blocks(nn.Module):
    """The blocks with tensors alone as arguments: kept keys and values are stacked, [blocks, B, H, K, D]."""

    def __init__(self, network: Transformer) -> None:
        super().__init__()
        self.network = network

    def forward(
        self,
        tokens: Tensor,
        blocks: Tensor,
        last: Tensor,
        cos: Tensor,
        sin: Tensor,
        place: Tensor,
        level_index: Tensor,
        states: Tensor,
        visible: Tensor,
        keys: Tensor | None = None,
        values: Tensor | None = None,
    ) -> Tensor:
        kept = None
        if keys is not None and values is not None:
            kept = [_remembered(keys[i], values[i]) for i in range(len(self.network.blocks))]
        told = Conditions(blocks, last, cos, sin, place)
        words = Words(states, visible)
        return self.network.answer_with_features(tokens, told, level_index, words, None, FUSED, kept)[0]


def _remembered(keys: Tensor, values: Tensor) -> Kept:
    kept = Kept()
    kept.keys, kept.values = keys, values
    return kept


def compile_blocks(network: Transformer, kind: str, dtype: torch.dtype) -> bytes:
    """The blocks of a network in float32, compiled to compute in `dtype` on this processor, for clips of any size.

    Raises ImportError without OpenVINO.
    """
    import openvino
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of tracing: numbers of heads and the like become constants, as they should
        decoder = TorchScriptPythonDecoder(_Blocks(network).eval(), example_input=_example(network, kind))
    # Not by openvino.convert_model, which reports that it was called to a server.
    frontend = FrontEndManager().load_by_framework("pytorch")
    model = frontend.convert(frontend.load(decoder))
    compiled = openvino.Core().compile_model(model, DEVICE, _properties(dtype))
    stream = BytesIO()
    compiled.export_model(stream)
    return stream.getvalue()


def _example(network: Transformer, kind: str) -> tuple[Tensor, ...]:
    """Arguments of `_Blocks`. Every size is one of its own, so that none is taken for another; all may differ later."""
    config = network.config
    clips, levels, tokens, many, kept = 3, 5, 7, config.word_slots + 2, 11
    head = config.width // config.heads
    given = [
        torch.zeros(clips, tokens, config.channels),
        torch.zeros(clips, levels, 9 * config.width),
        torch.zeros(clips, levels, 2 * config.width),
        torch.ones(clips, 1, tokens, head // 2),
        torch.zeros(clips, 1, tokens, head // 2),
        torch.zeros(clips, tokens if config.places else 1, config.width),
        torch.zeros(clips, tokens, dtype=torch.long),
        torch.zeros(clips, many, config.word_width),
        torch.ones(clips, 1, many, dtype=torch.bool),
    ]
    beside = [torch.zeros(len(network.blocks), clips, config.heads, kept, head) for _ in range(2)]
    return (*given, *(beside if kind == BESIDE else ()))


def _properties(dtype: torch.dtype, threads: int = 0) -> dict[str, Any]:
    precision = {torch.bfloat16: "bf16", torch.float32: "f32"}[dtype]
    return {
        "INFERENCE_PRECISION_HINT": precision,
        "INFERENCE_NUM_THREADS": threads,
        "PERFORMANCE_HINT": "LATENCY",
        "ENABLE_CPU_PINNING": False,
    }


class Compiled:
    """Answers calls of a transformer as the transformer itself does, its blocks computed by what was compiled of them.

    network: in `dtype`. blocks: the bytes that `compile_blocks` gave for a kind, asked for once it is needed. Attention
    masks, clips of a single token and the first call with tokens to be kept are the network's own matter.
    """

    def __init__(self, network: Transformer, dtype: torch.dtype, blocks: Callable[[str], bytes]) -> None:
        self.network, self.dtype, self.read = network, dtype, blocks
        self.blocks, self.device = network.blocks, network.device
        self.requests: dict[str, Any] = {}
        self.beside: tuple[Sequence[Kept], list[NDArray[Any]]] = ([], [])
        self.alone = Lock()

    def prepare(self, kind: str) -> None:
        """Reads what was compiled of a kind, if that was not done yet."""
        if kind not in self.requests:
            import openvino

            properties = _properties(self.dtype, torch.get_num_threads())
            compiled = openvino.Core().import_model(BytesIO(self.read(kind)), DEVICE, properties)
            self.requests[kind] = compiled.create_infer_request()

    def __call__(
        self,
        latents: Tensor,
        levels: Tensor,
        level_index: Tensor,
        position: Tensor,
        words: Words,
        rate: Tensor,
        size: Tensor,
        step: Tensor | None = None,
        mask: Tensor | None = None,
        attention: str = EXPLICIT,
        kept: Sequence[Kept] | None = None,
    ) -> Tensor:
        """`Transformer.forward`, without gradients."""
        first = kept is not None and kept[0].keys is None
        if mask is not None or first or latents.shape[1] < LEAST:
            return self.network(latents, levels, level_index, position, words, rate, size, step, mask, attention, kept)
        told = self.network.conditions(levels, position, words.states, rate, size, step)
        answer = self._answer(latents.to(self.dtype), told, level_index, words, kept)
        return self.network.predicted(latents, answer, levels, level_index)

    def _answer(
        self, tokens: Tensor, told: Conditions, level_index: Tensor, words: Words, kept: Sequence[Kept] | None
    ) -> Tensor:
        """[B, N, C], as of `Transformer.answer_with_features`."""
        assert isinstance(words.visible, Tensor)
        given = [*map(_array, (tokens, *told, level_index, words.states, words.visible))]
        with self.alone:
            kind = ALONE if kept is None else BESIDE
            self.prepare(kind)
            given += [] if kept is None else self._kept(kept)
            return torch.from_numpy(self.requests[kind].infer(given, share_inputs=True)[0].copy())

    def _kept(self, kept: Sequence[Kept]) -> list[NDArray[Any]]:
        """Keys and values of all blocks, stacked. Those of one window are asked for in each of its steps."""
        if kept is not self.beside[0]:
            stacked = ([getattr(each, name) for each in kept] for name in ("keys", "values"))
            self.beside = kept, [_array(torch.stack(each)) for each in stacked]
        return self.beside[1]


def _array(x: Tensor) -> NDArray[Any]:
    return (x.float() if x.is_floating_point() else x).contiguous().numpy()
