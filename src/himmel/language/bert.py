"""The encoder's network: BERT (1810.04805) after its word vectors, a plain function of tensors.

B texts of N tokens; D width; H heads.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from himmel.language.container import FLOAT32, Container, Shape, dequantise, matrix_blocks


class BertLayer(nn.Module):
    """Attention and a GELU network, each normalised after its residual."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width, hidden = shape.width, shape.hidden
        self.heads = shape.heads
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.mix = nn.Linear(width, width)
        self.mix_norm = nn.LayerNorm(width, shape.epsilon)
        self.widen = nn.Linear(width, hidden)
        self.narrow = nn.Linear(hidden, width)
        self.narrow_norm = nn.LayerNorm(width, shape.epsilon)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """x: [B, N, D]; mask: bool [B, N], True where there is a token. Returns [B, N, D]."""
        q, k, v = (
            part(x).unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in (self.query, self.key, self.value)
        )
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask[:, None, None, :])
        x = self.mix_norm(x + self.mix(mixed.transpose(1, 2).flatten(2)))
        return self.narrow_norm(x + self.narrow(F.gelu(self.widen(x))))


class Bert(nn.Module):
    """Word vectors to token states."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.positions = nn.Parameter(torch.zeros(shape.positions, shape.width))
        self.norm = nn.LayerNorm(shape.width, shape.epsilon)
        self.layers = nn.ModuleList(BertLayer(shape) for _ in range(shape.layers))

    def forward(self, words: Tensor, mask: Tensor) -> Tensor:
        """words: [B, N, D]; mask: bool [B, N]. Returns states [B, N, D], meaningless where mask is False."""
        x = self.norm(words + self.positions[: words.shape[1]])
        for layer in self.layers:
            x = layer(x, mask)
        return x


_LAYER_NAMES = {
    "query": "q",
    "key": "k",
    "value": "v",
    "mix": "ao",
    "mix_norm": "aln",
    "widen": "fi",
    "narrow": "fo",
    "narrow_norm": "oln",
}


def build(container: Container) -> Bert:
    """The network with a file's weights, float32, frozen. Every tensor must fit."""
    shape = container.shape
    with torch.device("meta"):
        bert = Bert(shape)
    state = {
        # Every token is of type 0, so its vector goes into the positions.
        "positions": _floats(container, "emb.pos", shape.width) + _floats(container, "emb.type", shape.width)[0],
        "norm.weight": _floats(container, "emb.ln.w"),
        "norm.bias": _floats(container, "emb.ln.b"),
    }
    for i in range(shape.layers):
        for ours, theirs in _LAYER_NAMES.items():
            columns = shape.hidden if ours == "narrow" else shape.width
            weight = _floats(container, f"l{i}.{theirs}.w", columns)
            state[f"layers.{i}.{ours}.weight"] = weight[0] if ours.endswith("norm") else weight
            state[f"layers.{i}.{ours}.bias"] = _floats(container, f"l{i}.{theirs}.b")
    bert.load_state_dict(state, strict=True, assign=True)
    return bert.requires_grad_(False).eval()


def _floats(container: Container, name: str, columns: int | None = None) -> Tensor:
    """A stored tensor as float32, [count] or [rows, columns]."""
    stored = container.tensors[name]
    if stored.kind == FLOAT32:
        flat = torch.from_numpy(stored.data.view("<f4").copy())
        return flat if columns is None else flat.reshape(-1, columns)
    if columns is None:
        raise ValueError(f"{name} is a matrix and needs its columns")
    return torch.from_numpy(dequantise(matrix_blocks(stored, columns)))
