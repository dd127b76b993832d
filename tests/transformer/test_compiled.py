"""What OpenVINO compiled of the blocks agrees with the blocks, which are the reference."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_model import restless_transformer

from himmel.transformer import SIZES, Kept, Transformer, Words
from himmel.transformer.compiled import Compiled, compile_blocks
from himmel.transformer.grid import distinct_levels, positions

pytest.importorskip("openvino", reason="OpenVINO is not installed: pip install -e '.[fast]'")
CLOSE = 1e-4
"""How far sums in 32 bits may be apart, for answers of a deviation of 1."""


@pytest.fixture(scope="module")
def network() -> Iterator[Transformer]:
    with torch.inference_mode():
        yield restless_transformer()


@pytest.fixture(scope="module")
def compiled(network: Transformer) -> Compiled:
    return Compiled(network, torch.float32, cache(lambda kind: compile_blocks(network, kind, torch.float32)))


def asked(
    clips: int, groups: int, rows: int, columns: int, told: int, dtype: torch.dtype, large: bool
) -> dict[str, Any]:
    torch.manual_seed(groups + rows)
    levels, index = distinct_levels(torch.rand(clips, groups, 1, 1).expand(-1, -1, rows, columns))
    states = torch.randn(clips, SIZES["tiny"].word_slots + told, 256).to(dtype)
    visible = torch.ones(*states.shape[:2], dtype=torch.bool)[:, None]
    visible[-1, :, -1] = told == 1
    return {
        "latents": torch.randn(clips, groups * rows * columns, 48),
        "levels": levels,
        "level_index": index,
        "position": positions(torch.arange(groups).float()[None].expand(clips, -1) / 4, rows, columns),
        "words": Words(states, visible),
        "rate": torch.full((clips,), 12.0),
        "size": torch.full((clips,), (rows * columns) ** 0.5),
        "step": torch.rand(clips) if large else None,
    }


@settings(max_examples=12, deadline=None)
@given(st.integers(1, 3), st.integers(1, 6), st.integers(1, 5), st.integers(1, 5), st.integers(1, 30), st.booleans())
def test_clips_of_any_size_are_answered_as_the_network_answers(
    network: Transformer, compiled: Compiled, clips: int, groups: int, rows: int, columns: int, told: int, large: bool
) -> None:
    request = asked(clips, groups, rows, columns, told, torch.float32, large)
    answer = network(**request)
    assert (compiled(**request) - answer).abs().max() < CLOSE
    assert (answer - request["latents"]).abs().max() > 100 * CLOSE


def test_kept_tokens_are_looked_at(network: Transformer, compiled: Compiled) -> None:
    """Also those of a later window, which are other ones."""
    for seed in range(2):
        request = asked(2, 4, 2, 3 + seed, 5, torch.float32, large=False)
        answers = []
        for ask in (network, compiled):
            kept = [Kept() for _ in network.blocks]
            for part in (slice(0, 6), slice(6, None), slice(6, None)):
                tokens = {name: request[name][:, part] for name in ("latents", "level_index", "position")}
                answers.append(ask(**(request | tokens), kept=kept))
        for plain, fast in zip(answers[:3], answers[3:], strict=True):
            assert (plain - fast).abs().max() < CLOSE
        alone = network(**(request | tokens))
        assert (answers[1] - alone).abs().max() > 100 * CLOSE


def test_masks_are_the_networks_own_matter(network: Transformer, compiled: Compiled) -> None:
    request = asked(1, 2, 2, 2, 5, torch.float32, large=False)
    mask = torch.eye(8, dtype=torch.bool)[None]
    assert torch.equal(compiled(**request, mask=mask), network(**request, mask=mask))


def test_half_precision_is_as_exact_as_the_networks_own(network: Transformer) -> None:
    half = Transformer(SIZES["tiny"]).eval()
    half.load_state_dict(network.state_dict())
    half.bfloat16()
    exact = Transformer(SIZES["tiny"]).eval()
    exact.load_state_dict(half.state_dict())
    request = asked(2, 3, 3, 3, 8, torch.bfloat16, large=False)
    words = Words(request["words"].states.float(), request["words"].visible)
    truth = exact(**(request | {"words": words}))
    fast = Compiled(half, torch.bfloat16, lambda kind: compile_blocks(exact, kind, torch.bfloat16))
    assert (fast(**request) - truth).norm() < 1.5 * (half(**request) - truth).norm()


def test_the_same_call_gives_the_same_bits(compiled: Compiled) -> None:
    request = asked(2, 3, 3, 4, 8, torch.float32, large=False)
    assert torch.equal(compiled(**request), compiled(**request))


def test_compiling_reports_to_nobody(network: Transformer, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenVINO's own entrance for conversion sends word of it to a server."""
    telemetry = pytest.importorskip("openvino_telemetry")

    def refuse(*given: object, **told: object) -> None:
        raise AssertionError("it was going to report")

    monkeypatch.setattr(telemetry.Telemetry, "__init__", refuse)
    assert compile_blocks(network, "alone", torch.float32)
