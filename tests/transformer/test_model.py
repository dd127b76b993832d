"""Laws of the transformer: attention's two ways agree, order and padding do not matter, levels belong to tokens."""

import itertools
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from himmel.flow import add_noise
from himmel.recipes.transfer import gained
from himmel.records import HimmelError
from himmel.transformer import SIZES, Transformer, TransformerConfig, Words, count_parameters, forward_flops
from himmel.transformer.attention import EXPLICIT, FUSED, attend, rotary_angles, rotate
from himmel.transformer.grid import distinct_levels, positions, to_latents, to_tokens

G, H, W, M = 3, 2, 4, 40


@pytest.fixture(scope="module")
def network() -> Transformer:
    torch.manual_seed(0)
    network = Transformer(SIZES["tiny"]).double()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.1)  # nothing is left at its neutral start
    network.set_spread(torch.rand(48) + 0.5)
    return network.eval()


def inputs(batch: int = 2) -> dict:
    torch.manual_seed(1)
    level = torch.rand(batch, G, 1, 1).expand(-1, -1, H, W)
    levels, index = distinct_levels(level)
    words = Words(torch.randn(batch, M, 256).double(), torch.ones(batch, 1, M, dtype=torch.bool))
    seconds = torch.arange(G)[None].expand(batch, -1) * 0.25
    return {
        "latents": torch.randn(batch, G * H * W, 48).double(),
        "levels": levels.double(),
        "level_index": index,
        "position": positions(seconds, H, W),
        "words": words,
        "rate": torch.full((batch,), 16.0),
        "size": torch.full((batch,), 2.8),
    }


def test_parameters_are_counted_right() -> None:
    for name in ("tiny", "S"):
        network = Transformer(SIZES[name])
        assert sum(p.numel() for p in network.parameters()) == count_parameters(SIZES[name])


def test_sizes_grow_to_fourteen_billion() -> None:
    counts = [count_parameters(config) for config in SIZES.values()]
    assert all(a < b for a, b in itertools.pairwise(counts))
    assert 1.5e9 < counts[-2] < 2.5e9
    assert 11e9 < counts[-1] < 15e9
    assert forward_flops(SIZES["S"], 1024, 80) > 2 * forward_flops(SIZES["S"], 512, 80)


def test_impossible_sizes_are_refused() -> None:
    with pytest.raises(HimmelError):
        TransformerConfig(width=100, heads=3)


@pytest.mark.parametrize("masked", [False, True])
def test_explicit_and_fused_attention_agree(masked: bool) -> None:
    q, k, v = torch.randn(3, 2, 4, 9, 16).unbind()
    mask = torch.rand(2, 9, 9) < 0.6 if masked else None
    if mask is not None:
        mask[..., 0] = True
    torch.testing.assert_close(attend(q, k, v, mask, EXPLICIT), attend(q, k, v, mask, FUSED), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("masked", ["no", "by key", "by pair"])
@pytest.mark.parametrize("scores", [1, 30, 100, 200, 400, 1000])
def test_attention_by_blocks_is_attention(masked: str, scores: int, monkeypatch: pytest.MonkeyPatch) -> None:
    q, k, v = torch.randn(3, 3, 4, 9, 16).unbind()
    mask = None if masked == "no" else torch.rand(3, 1 if masked == "by key" else 9, 9) < 0.6
    if mask is not None:
        mask[..., 0] = True
    plain = attend(q.clone().requires_grad_(), k, v, mask, EXPLICIT)
    monkeypatch.setattr("himmel.transformer.attention.BLOCK_SCORES", scores)
    torch.testing.assert_close(attend(q, k, v, mask, EXPLICIT), plain.detach())


def test_network_gives_the_same_through_both_attentions(network: Transformer) -> None:
    given = inputs()
    torch.testing.assert_close(network(**given, attention=EXPLICIT), network(**given, attention=FUSED))


def test_clips_of_a_batch_do_not_see_each_other(network: Transformer) -> None:
    both = network(**inputs(2))
    alone = inputs(2)
    words = alone.pop("words")
    one = network(**{k: v[:1] for k, v in alone.items()}, words=Words(words.states[:1], words.visible[:1]))
    torch.testing.assert_close(both[:1], one)


@settings(max_examples=10, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_tokens_does_not_matter(network: Transformer, random) -> None:
    given_ = inputs(1)
    order = list(range(G * H * W))
    random.shuffle(order)
    shuffled = {**given_, **{k: given_[k][:, order] for k in ("latents", "level_index", "position")}}
    torch.testing.assert_close(network(**shuffled), network(**given_)[:, order])


def test_only_differences_in_time_count(network: Transformer) -> None:
    given_ = inputs(1)
    later = {**given_, "position": given_["position"] + torch.tensor([7.25, 0, 0, 0, 0])}
    torch.testing.assert_close(network(**later), network(**given_), atol=1e-6, rtol=1e-5)


def test_hidden_words_say_nothing_and_segments_speak_to_their_frames(network: Transformer) -> None:
    given_ = inputs(1)
    states, visible = given_["words"].states, given_["words"].visible.clone()
    visible[..., -3:] = False
    changed = states.clone()
    changed[:, -3:] += 5
    one, other = (network(**{**given_, "words": Words(s, visible)}) for s in (states, changed))
    torch.testing.assert_close(one, other)
    segment = torch.ones(1, G * H * W, M, dtype=torch.bool)
    segment[:, : H * W, -3:] = False
    assert not torch.allclose(network(**{**given_, "words": Words(changed, segment)}), one)


def test_a_level_a_token_equals_a_level_a_frame(network: Transformer) -> None:
    given_ = inputs(2)
    by_token = given_["levels"].gather(1, given_["level_index"])
    index = torch.arange(G * H * W).expand(2, -1)
    torch.testing.assert_close(network(**{**given_, "levels": by_token, "level_index": index}), network(**given_))


def test_given_tokens_that_see_only_given_tokens_can_be_cached(network: Transformer) -> None:
    given_ = inputs(1)
    clean = torch.arange(G * H * W) < H * W
    mask = (clean[None, :] | ~clean[:, None])[None]
    one = network(**given_, mask=mask)
    noisier = given_["latents"].clone()
    noisier[:, H * W :] += 3
    other = network(**{**given_, "latents": noisier}, mask=mask)
    torch.testing.assert_close(one[:, : H * W], other[:, : H * W])
    assert not torch.allclose(one[:, H * W :], other[:, H * W :])


def test_clean_tokens_come_back_as_they_are(network: Transformer) -> None:
    given_ = inputs()
    assert torch.equal(network(**{**given_, "levels": torch.zeros_like(given_["levels"])}), given_["latents"])


def test_an_answer_of_nothing_is_the_best_linear_guess_of_each_channel() -> None:
    """Against least squares of clean on noisy values: an outside check of the skip's formula."""
    fresh = Transformer(SIZES["tiny"]).double()
    spread = torch.linspace(0.2, 4, 48)
    fresh.set_spread(spread)
    torch.nn.init.zeros_(fresh.tokens_out.bias)
    given_ = inputs(1) | {"levels": torch.tensor([[0.1, 0.5, 0.9]]).double()}
    with torch.no_grad():
        share = (fresh(**given_) / given_["latents"]).view(G, H * W, 48)[:, 0]
    draw = torch.Generator().manual_seed(2)
    clean, noise = (torch.randn(20_000, 48, generator=draw).double() for _ in range(2))
    clean = clean * fresh.spread
    for level, found in zip((0.1, 0.5, 0.9), share, strict=True):
        noisy = add_noise(clean, noise, torch.tensor(level))
        best = (noisy * clean).sum(0) / noisy.square().sum(0)
        torch.testing.assert_close(found, best, atol=0.03, rtol=0.03)


@given(st.floats(0.01, 1.0), st.floats(0.1, 5.0))
def test_what_is_to_be_answered_has_variance_one_at_every_level(level: float, deviation: float) -> None:
    network_ = Transformer(SIZES["tiny"])
    network_.set_spread(torch.full((48,), deviation))
    keep, change = (float(x.flatten()[0]) for x in network_._scales(torch.full((1, 1), level)))
    s = float(network_.spread[0])
    of_clean, of_noise = (1 - keep * (1 - level)) / change, keep * level / change
    assert abs((of_clean * s) ** 2 + of_noise**2 - 1) < 1e-3


def test_an_untrained_step_size_says_nothing() -> None:
    fresh, given_ = Transformer(SIZES["tiny"]).double(), inputs(1)
    torch.nn.init.normal_(fresh.tokens_out.weight)
    torch.testing.assert_close(fresh(**given_, step=torch.tensor([0.25])), fresh(**given_))


def test_tokens_and_latents_are_inverses() -> None:
    latents = torch.randn(2, 5, G, H, W)
    assert torch.equal(to_latents(to_tokens(latents), G, H, W), latents)


@given(st.booleans())
def test_distinct_levels_gather_back(whole_frames: bool) -> None:
    level = torch.rand(2, G, 1, 1).expand(-1, -1, H, W) if whole_frames else torch.rand(2, G, H, W)
    levels, index = distinct_levels(level)
    assert levels.shape[1] == (G if whole_frames else G * H * W)
    assert torch.equal(levels.gather(1, index).view(level.shape), level)


def test_rotation_keeps_lengths_and_scores_depend_on_distance() -> None:
    position = torch.rand(1, 6, 3).double()
    angles = rotary_angles(position, 16)[:, None]
    moved = rotary_angles(position + torch.tensor([1.5, 0.25, -0.5]), 16)[:, None]
    x = torch.randn(1, 2, 6, 16).double()
    turned, other = rotate(x, angles.cos(), angles.sin()), rotate(x, moved.cos(), moved.sin())
    torch.testing.assert_close(turned.norm(dim=-1), x.norm(dim=-1))
    torch.testing.assert_close(turned @ turned.mT, other @ other.mT, atol=1e-4, rtol=1e-4)


def test_positions_are_centred_and_square_pictures_span_one() -> None:
    grid = positions(torch.zeros(1, 1), 4, 4)[0]
    torch.testing.assert_close(grid[:, 1:].mean(0), torch.zeros(4))
    assert float(grid[:, 1].max() - grid[:, 1].min()) == 0.75


@given(st.integers(1, 9), st.integers(1, 9))
def test_places_are_fractions_of_the_pictures_own_sides(height: int, width: int) -> None:
    grid = positions(torch.zeros(1, 1), height, width)[0].view(height, width, 5)
    torch.testing.assert_close(grid[:, 0, 3], (torch.arange(height) + 0.5) / height - 0.5)
    torch.testing.assert_close(grid[0, :, 4], (torch.arange(width) + 0.5) / width - 0.5)


def noise_alone(network: Transformer) -> torch.Tensor:
    """What is answered where every token of a picture that goes on for ever is the same."""
    given_ = inputs(1)
    given_["latents"] = torch.ones_like(given_["latents"])
    given_["position"][..., :3] = 0
    return network(**given_)[0]


def test_only_told_places_set_like_tokens_apart(network: Transformer) -> None:
    answers = noise_alone(network).view(G, H, W, -1)
    assert not torch.allclose(answers[:, 0], answers[:, 1])
    assert not torch.allclose(answers[..., 0, :], answers[..., 1, :])
    config = replace(network.config, places=0)
    relative = Transformer(config).double()
    relative.load_state_dict({k: v for k, v in network.state_dict().items() if not k.startswith("place_in")})
    answers = noise_alone(relative).view(G, H * W, -1)
    torch.testing.assert_close(answers, answers[:, :1].expand_as(answers))


def test_weights_of_before_answer_as_before_with_what_they_gain() -> None:
    torch.manual_seed(2)
    old = Transformer(replace(SIZES["tiny"], places=0)).double()
    for parameter in old.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    new = Transformer(SIZES["tiny"]).double()
    new.load_state_dict(gained(SIZES["tiny"], old.state_dict()))
    torch.testing.assert_close(new(**inputs()), old(**inputs()), atol=0, rtol=0)
