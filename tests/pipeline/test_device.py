"""Networks on another device: what goes in and comes out stays on the processor.

No GPU is needed: tensors on the device "meta" have shapes alone, and whatever is mixed with those of another device
fails there as it would on a GPU. Only the way back, which copies values, cannot be taken.
"""

from __future__ import annotations

import pytest
import torch

from himmel.autoencoder import Autoencoder, AutoencoderConfig, decode_group
from himmel.flow import Canvas
from himmel.flow.canvas import given
from himmel.pipeline import Pipeline
from himmel.pipeline.denoiser import denoiser
from himmel.pipeline.placement import SETTING, best_device, dtype_on
from himmel.records import HimmelError
from himmel.transformer import SIZES, Transformer, Words

NO_WAY_BACK = "meta"
SMALL = AutoencoderConfig(channels=8, widths=(8, 16, 16), encoder_blocks=(1, 1, 1), decoder_blocks=(1, 1, 1))


def canvas() -> Canvas:
    return given(torch.randn(48, 4, 3, 3), torch.arange(4) < 1, 16.0)


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("clips", [1, 2])
def test_all_that_the_transformer_is_told_goes_to_its_device(clips: int, large: bool) -> None:
    network = Transformer(SIZES["tiny"]).eval().to("meta")
    answers: list[torch.Tensor] = []
    network.register_forward_hook(lambda module, args, out: answers.append(out))
    words = Words(torch.randn(clips, 40, 256), torch.ones(clips, 1, 40, dtype=torch.bool))
    some = canvas()
    ask = denoiser(network, words, some, 3.0 if clips == 2 else 1.0, large)
    with torch.inference_mode(), pytest.raises(NotImplementedError, match=NO_WAY_BACK):
        ask(torch.randn(48, 4, 3, 3), some.ceiling, some.ceiling / 2)
    assert [out.device.type for out in answers] == ["meta"]
    assert answers[0].shape == (clips, 36, 48)


def test_pictures_go_to_the_autoencoders_device() -> None:
    network = Autoencoder(SMALL).eval().to("meta")
    latents = torch.randn(8, 2, 2)
    for call in (
        lambda: network.encode(torch.zeros(1, 3, 8, 32, 32), torch.ones(1, 8, dtype=torch.bool)),
        lambda: network.decode(torch.zeros(1, 8, 2, 2, 2)),
        lambda: network.decode_group(latents, latents, None),
        lambda: decode_group(network, None, latents, latents),
    ):
        with torch.inference_mode(), pytest.raises(NotImplementedError, match=NO_WAY_BACK):
            call()


def test_recipes_name_the_device(pipeline: Pipeline) -> None:
    recipe = pipeline.generate("a red ball", width=48, height=32, seconds=0.25, steps=1, expand=False).recipe
    assert recipe.device == best_device().type == pipeline.parts.device.type


def test_the_setting_is_followed_or_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, "cpu")
    assert best_device() == torch.device("cpu")
    for value in ("tpu", "CUDA"):
        monkeypatch.setenv(SETTING, value)
        with pytest.raises(HimmelError, match=value):
            best_device()


@pytest.mark.parametrize("there", [True, False])
def test_a_gpu_is_taken_where_there_is_one(there: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SETTING, raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    assert best_device().type == ("cuda" if there else "cpu")
    monkeypatch.setenv(SETTING, "cuda")
    if there:
        assert best_device().type == "cuda"
    else:
        with pytest.raises(HimmelError, match="sees no GPU"):
            best_device()


def test_precision_is_the_devices_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: True)
    assert dtype_on(torch.device("cuda"), torch.float32) == torch.bfloat16
    assert dtype_on(torch.device("cpu"), torch.float32) == torch.float32
