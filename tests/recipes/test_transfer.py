"""A transformer refitted to other latents says the same in the new latents' terms."""

from pathlib import Path

import numpy as np
import torch

from himmel.autoencoder import Autoencoder, AutoencoderConfig
from himmel.recipes.transfer import refit
from himmel.transformer import Transformer, TransformerConfig

SMALL = AutoencoderConfig(channels=6, widths=(8, 8, 8), encoder_blocks=(1, 1, 1), decoder_blocks=(1, 1, 1))


def test_linearly_related_latents_are_refitted_without_loss(tmp_path: Path) -> None:
    torch.manual_seed(0)
    old, new = Autoencoder(SMALL), Autoencoder(SMALL)
    turn = torch.linalg.qr(torch.randn(6, 6))[0]
    new.load_state_dict(old.state_dict())
    with torch.no_grad():  # the new one's latents are the old one's, turned
        new.encoder.linear.weight.copy_(torch.einsum("ij,jchw->ichw", turn, old.encoder.linear.weight))
        new.encoder.linear.bias.copy_(turn @ old.encoder.linear.bias)
    clips = np.random.default_rng(0).integers(0, 256, (10, 8, 32, 32, 3), np.uint8)
    np.savez(tmp_path / "a.npz", frames=clips)
    network = Transformer(TransformerConfig(channels=6, width=32, depth=1, heads=2))
    torch.nn.init.normal_(network.tokens_out.weight)
    network.set_spread(torch.rand(6) + 0.5)
    weights = {name: value.clone() for name, value in network.state_dict().items()}
    refitted, explained = refit(weights, [tmp_path / "a.npz"], old, new)
    assert explained > 0.999
    latents = torch.randn(5, 6)
    read = latents @ weights["tokens_in.weight"].T + weights["tokens_in.bias"]
    read_new = latents @ turn.T @ refitted["tokens_in.weight"].T + refitted["tokens_in.bias"]
    torch.testing.assert_close(read_new, read, atol=2e-2, rtol=2e-2)
    features = torch.randn(5, 32)
    said = features @ weights["tokens_out.weight"].T + weights["tokens_out.bias"]
    said_new = features @ refitted["tokens_out.weight"].T + refitted["tokens_out.bias"]
    said, said_new = said * weights["spread"], said_new * refitted["spread"]
    torch.testing.assert_close(said_new, said @ turn.T, atol=5e-2, rtol=2e-2)
