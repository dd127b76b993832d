"""Laws of packing: a row of clips of any shapes is answered as each shape alone, gradients too."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from himmel.transformer import SIZES, Transformer, Words
from himmel.transformer import attention as ways
from himmel.transformer.attention import EXPLICIT, FUSED, attend
from himmel.transformer.packing import Clips, forward_packed, pack
from himmel.transformer.segments import segments_of

SLOTS = SIZES["tiny"].word_slots


@pytest.fixture(scope="module")
def network() -> Transformer:
    torch.manual_seed(0)
    network = Transformer(SIZES["tiny"])
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.1)  # nothing is left at its neutral start
    network.set_spread(torch.rand(48) + 0.5)
    return network


def clips(seed: int, batch: int, groups: int, side: int, words: int, told: bool, masked: str, segments: bool) -> Clips:
    """Clips of one shape, at two levels a latent frame; their last tokens may be a reference that sees itself alone."""
    draw = torch.Generator().manual_seed(seed)
    tokens, many = groups * side, SLOTS + words
    mask = None
    if masked != "no":
        closed = torch.rand(batch, tokens, generator=draw) < 0.4
        closed[:, -1] = True
        mask = ~closed[:, :, None] | closed[:, None]
        if masked == "pairs":
            mask = (torch.rand(batch, tokens, tokens, generator=draw) < 0.5) | torch.eye(tokens, dtype=torch.bool)
    counts = SLOTS + torch.randint(0, words + 1, (batch,), generator=draw)
    visible = (torch.arange(many) < counts[:, None])[:, None]
    if segments:
        visible = visible & ((torch.rand(batch, tokens, many, generator=draw) < 0.7) | (torch.arange(many) < 3))
    return Clips(
        latents=torch.randn(batch, tokens, 48, generator=draw),
        levels=torch.rand(batch, 2 * groups, generator=draw),
        level_index=torch.randint(0, 2 * groups, (batch, tokens), generator=draw),
        position=torch.rand(batch, tokens, 5, generator=draw),
        words=torch.randn(batch, many, 256, generator=draw),
        visible=visible,
        rate=torch.rand(batch, generator=draw) * 20 + 4,
        size=torch.rand(batch, generator=draw) * 8 + 1,
        step=torch.randint(0, 2, (batch,), generator=draw) * 0.25 if told else None,
        mask=mask,
    )


def alone(network: Transformer, one: Clips) -> tuple[torch.Tensor, torch.Tensor]:
    words = Words(one.words, one.visible)
    told = one.levels, one.level_index, one.position, words, one.rate, one.size, one.step, one.mask
    return network.forward_with_features(one.latents, *told, EXPLICIT)


SHAPES = st.tuples(
    st.integers(0, 10_000),
    st.integers(1, 3),
    st.integers(1, 3),
    st.integers(1, 5),
    st.integers(0, 8),
    st.sampled_from(("no", "closed", "pairs")),
    st.booleans(),
)


@settings(max_examples=15, deadline=None)
@given(st.lists(SHAPES, min_size=1, max_size=4), st.booleans(), st.sampled_from((EXPLICIT, FUSED)))
def test_a_row_is_answered_as_each_shape_alone_and_teaches_the_same(
    network: Transformer, shapes: list, told: bool, how: str
) -> None:
    batches = [clips(*shape[:5], told, *shape[5:]) for shape in shapes]
    packed = pack(batches, SLOTS)
    found = [packed.split(part) for part in forward_packed(network, packed, how)]
    wanted = [list(part) for part in zip(*(alone(network, one) for one in batches), strict=True)]
    for one, other in zip(found, wanted, strict=True):
        for a, b in zip(one, other, strict=True):
            torch.testing.assert_close(a, b, atol=1e-4, rtol=1e-4)
    gradients = [_gradients(network, parts) for parts in (found, wanted)]
    for name in gradients[0]:
        scale = float(gradients[1][name].abs().max()) + 1e-3
        torch.testing.assert_close(gradients[0][name] / scale, gradients[1][name] / scale, atol=2e-4, rtol=0)


def _gradients(network: Transformer, parts: list[list[torch.Tensor]]) -> dict[str, torch.Tensor]:
    """Of a loss that weighs each answer and each feature differently."""
    loss = sum((part * torch.arange(part.numel()).view_as(part).cos()).sum() for each in parts for part in each)
    assert isinstance(loss, torch.Tensor)
    network.zero_grad()
    loss.backward()
    return {n: torch.zeros_like(p) if p.grad is None else p.grad.clone() for n, p in network.named_parameters()}


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=4))
def test_segments_say_what_their_masks_said(seed: int, sizes: list[tuple[int, int]]) -> None:
    dice = np.random.default_rng(seed)
    masks = [torch.from_numpy(dice.random((n, m)) < 0.5) for n, m in sizes]
    for mask in masks:
        mask[:, 0] = True
    whole = torch.block_diag(*(mask.float() for mask in masks)).bool()
    q, k, v = (torch.randn(1, 2, count, 8) for count in (*whole.shape, whole.shape[1]))
    segments = segments_of([(mask, len(mask)) for mask in masks])
    assert sum(segments.queries) == len(whole)
    assert sum(n * m for n, m in zip(segments.queries, segments.keys, strict=True)) == int(whole.sum())
    for how in (EXPLICIT, FUSED):
        torch.testing.assert_close(attend(q, k, v, segments, how), attend(q, k, v, whole[None], how))


def test_a_query_that_looks_at_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="looks at nothing"):
        segments_of([(torch.tensor([[True, False], [False, False]]), 2)])


def test_the_kernel_is_asked_for_what_the_reference_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel itself needs a GPU; here its documented meaning, sequence by sequence, stands in its place."""

    def documented(query, key, value, cu_seq_q, cu_seq_k, max_q, max_k):
        out = torch.empty_like(query)
        for one in range(len(cu_seq_q) - 1):
            queries, keys = slice(*cu_seq_q[one : one + 2].tolist()), slice(*cu_seq_k[one : one + 2].tolist())
            assert queries.stop - queries.start <= max_q
            assert keys.stop - keys.start <= max_k
            scores = torch.einsum("qhd,khd->hqk", query[queries], key[keys]) * query.shape[-1] ** -0.5
            out[queries] = torch.einsum("hqk,khd->qhd", scores.softmax(-1), value[keys])
        return out

    one = clips(3, 2, 3, 4, 5, told=False, masked="closed", segments=False)
    assert one.mask is not None
    other = torch.ones(1, 7, dtype=torch.bool)
    segments = segments_of([*((mask, 12) for mask in one.mask), (other, 7)])
    q, k, v = (torch.randn(1, 2, 31, 16) for _ in range(3))
    plain = attend(q, k, v, segments, FUSED)
    monkeypatch.setattr("torch.nn.attention.varlen.varlen_attn", documented)
    monkeypatch.setattr(ways, "_has_kernel", lambda v: True)
    torch.testing.assert_close(attend(q, k, v, segments, FUSED), plain)


def test_the_kernel_takes_the_shapes_and_types_that_it_is_given() -> None:
    """PyTorch's own operator, forward and backward, on tensors that have a shape and no content."""
    segments = segments_of([(torch.ones(1, 12, dtype=torch.bool), 12), (torch.ones(1, 7, dtype=torch.bool), 7)])
    q, k = (torch.randn(1, 2, 19, 32, device="meta", requires_grad=True) for _ in range(2))
    v = torch.randn(1, 2, 19, 32, device="meta", dtype=torch.bfloat16, requires_grad=True)
    out = ways._at_once(q, k, v, segments.to(torch.device("meta")))
    assert out.shape == q.shape
    assert out.dtype == torch.bfloat16
    out.sum().backward()
    assert q.grad is not None
    assert (q.grad.shape, q.grad.dtype) == (q.shape, torch.float32)
