"""Tiny folders of open weights, at random: the classes and the layout of the real ones, at a ten-thousandth of the
size.

Command: `himmel evaluate open-weights`, a minute or two on two cores. What comes out of them is noise; that it comes
out, at the size and length that was asked for, marked and signed, is what they are for: nobody can test forty gigabytes
at every change, or fetch them offline.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from himmel.openweights.networks import libraries, quiet

Parts = dict[str, Any]

TEXTS = (
    "a red ball rolls to the left on grass at sunset",
    "a blue cube falls in the snow, the camera stays still",
    "in flat grey light, a green cylinder slides over polished marble",
)
"""What the tokenizers learn their pieces from."""
WIDTH = 32
"""Of word states."""


def build(kind: str, folder: Path) -> Path:
    """Writes the tiny weights of one of `KINDS` as diffusers would, and returns the folder."""
    name, make, told = KINDS[kind]
    with quiet():
        torch.manual_seed(3)
        return _written(name, make(), told, folder)


def _written(name: str, parts: Parts, told: Mapping[str, Any], folder: Path) -> Path:
    index: dict[str, Any] = {"_class_name": name, "_diffusers_version": "0.36.0", **told}
    for part, module in parts.items():
        (folder / part).mkdir(parents=True, exist_ok=True)
        if isinstance(module, bytes):
            (folder / part / "spiece.model").write_bytes(module)
            (folder / part / "tokenizer_config.json").write_text('{"tokenizer_class": "T5Tokenizer", "extra_ids": 0}')
            index[part] = ["transformers", "T5Tokenizer"]
            continue
        module.save_pretrained(str(folder / part))
        index[part] = [type(module).__module__.split(".")[0], type(module).__name__.removesuffix("Pil")]
    (folder / "model_index.json").write_text(json.dumps(index, indent=2))
    return folder


def sentencepiece_model() -> bytes:
    """A tokenizer's file as T5's come: pieces learned from a few sentences."""
    import sentencepiece

    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXTS * 4),
        model_writer=model,
        vocab_size=60,
        hard_vocab_limit=False,
        pad_id=0,
        eos_id=1,
        unk_id=2,
        bos_id=-1,
        minloglevel=2,
    )
    return model.getvalue()


def _clip_tokenizer() -> Any:
    _, t = libraries()

    letters = sorted({letter for text in TEXTS for letter in text if letter != " "})
    pieces = ["<|startoftext|>", "<|endoftext|>", *letters, *(f"{letter}</w>" for letter in letters)]
    return t.CLIPTokenizer(vocab={piece: i for i, piece in enumerate(pieces)}, merges=[], model_max_length=77)


def _llama_tokenizer() -> Any:
    _, t = libraries()

    special = ["<unk>", "<s>", "</s>", "<pad>", "<image>"]
    special += ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]
    letters = sorted({*"▁\n.,:;", *(chr(code) for code in range(ord("!"), ord("~")))})
    vocabulary = {piece: i for i, piece in enumerate([*special, *letters])}
    tokenizer = t.LlamaTokenizer(vocab=vocabulary, merges=[], pad_token="<pad>", model_max_length=2048)
    tokenizer.add_special_tokens({"additional_special_tokens": special[4:]})
    tokenizer.padding_side = "right"
    return tokenizer


def _t5(kind: str = "t5") -> Parts:
    """A text encoder of T5's or UMT5's class and a tokenizer for it."""
    _, t = libraries()

    told: dict[str, Any] = {"vocab_size": 64, "d_model": WIDTH, "d_kv": 8, "d_ff": 32, "num_layers": 1, "num_heads": 4}
    encoder = t.T5EncoderModel(t.T5Config(**told)) if kind == "t5" else t.UMT5EncoderModel(t.UMT5Config(**told))
    return {"tokenizer": sentencepiece_model(), "text_encoder": encoder}


def _flow(shift: float = 3.0) -> Any:
    d, _ = libraries()

    return d.FlowMatchEulerDiscreteScheduler(shift=shift)


def _wan_vae(channels: int = 4, **told: Any) -> Any:
    d, _ = libraries()

    return d.AutoencoderKLWan(
        base_dim=8,
        z_dim=channels,
        dim_mult=[1, 1, 1, 1],
        num_res_blocks=1,
        temperal_downsample=[False, True, True],
        latents_mean=[0.0] * channels,
        latents_std=[1.0] * channels,
        **told,
    )


def _wan_transformer(channels: int, out: int = 4, **told: Any) -> Any:
    d, _ = libraries()

    return d.WanTransformer3DModel(
        patch_size=(1, 2, 2),
        num_attention_heads=2,
        attention_head_dim=12,
        in_channels=channels,
        out_channels=out,
        text_dim=WIDTH,
        freq_dim=16,
        ffn_dim=32,
        num_layers=2,
        cross_attn_norm=True,
        rope_max_seq_len=4,  # 13 frames in one pass, and 64 pixels
        **told,
    )


def _wan(**told: Any) -> Parts:
    d, _ = libraries()

    scheduler = d.UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0)
    return {**_t5("umt5"), "vae": _wan_vae(), "scheduler": scheduler, "transformer": _wan_transformer(4, **told)}


def _wan_pictures(places: int | None = None) -> Parts:
    """Wan 2.1 from a picture, or from two where the transformer has places for them."""
    _, t = libraries()

    told: dict[str, Any] = {
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
    }
    vision = t.CLIPVisionModel(t.CLIPVisionConfig(**told, image_size=32, patch_size=16, projection_dim=16))
    size: dict[str, Any] = {"size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}}
    seen: dict[str, Any] = {"image_dim": 16, "added_kv_proj_dim": 24, "pos_embed_seq_len": places}
    parts = {**_wan(), "image_encoder": vision, "image_processor": t.CLIPImageProcessor(**size)}
    return {**parts, "transformer": _wan_transformer(12, **seen)}


def _wan_two_experts() -> Parts:
    """Wan 2.2 from a picture: one transformer for high levels of noise, one for low ones."""
    return {**_wan(), "transformer": _wan_transformer(12), "transformer_2": _wan_transformer(12)}


def _ltx() -> Parts:
    d, _ = libraries()

    transformer = d.LTXVideoTransformer3DModel(
        in_channels=8,
        out_channels=8,
        num_attention_heads=2,
        attention_head_dim=8,
        cross_attention_dim=16,
        num_layers=2,
        caption_channels=WIDTH,
    )
    vae = d.AutoencoderKLLTXVideo(
        latent_channels=8,
        block_out_channels=(8, 8, 8, 8),
        decoder_block_out_channels=(8, 8, 8, 8),
        layers_per_block=(1, 1, 1, 1, 1),
        decoder_layers_per_block=(1, 1, 1, 1, 1),
    )
    return {**_t5(), "vae": vae, "scheduler": _flow(), "transformer": transformer}


def _hunyuan(pictures: str | None = None) -> Parts:
    d, t = libraries()

    words: dict[str, Any] = {"hidden_size": 16, "intermediate_size": 32, "num_attention_heads": 2}
    clip = t.CLIPTextModel(
        t.CLIPTextConfig(**words, num_hidden_layers=1, vocab_size=96, bos_token_id=0, eos_token_id=1)
    )
    llama = t.LlamaConfig(**{**words, "hidden_size": WIDTH}, num_hidden_layers=3, vocab_size=160)
    transformer = d.HunyuanVideoTransformer3DModel(
        in_channels={None: 4, "token_replace": 4, "latent_concat": 9}[pictures],
        out_channels=4,
        num_attention_heads=2,
        attention_head_dim=10,
        num_layers=1,
        num_single_layers=1,
        num_refiner_layers=1,
        guidance_embeds=pictures != "latent_concat",
        text_embed_dim=WIDTH,
        pooled_projection_dim=16,
        rope_axes_dim=(2, 4, 4),
        image_condition_type=pictures,
    )
    vae = d.AutoencoderKLHunyuanVideo(
        latent_channels=4, block_out_channels=(8, 8, 8, 8), layers_per_block=1, norm_num_groups=4
    )
    parts: Parts = {"tokenizer": _llama_tokenizer(), "tokenizer_2": _clip_tokenizer(), "text_encoder_2": clip}
    parts |= {"vae": vae, "scheduler": _flow(7.0), "transformer": transformer}
    if pictures is None:
        return {**parts, "text_encoder": t.LlamaModel(llama)}
    return {**parts, **_llava(llama)}


def _llava(llama: Any) -> Parts:
    """A language model that looks at pictures, in 24 x 24 patches as the prompt of HunyuanVideo expects."""
    _, t = libraries()

    told: dict[str, Any] = {
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
    }
    vision = t.CLIPVisionConfig(**told, image_size=48, patch_size=2, projection_dim=16)
    config = t.LlavaConfig(vision_config=vision, text_config=llama, image_token_index=4, pad_token_id=3)
    size: dict[str, Any] = {"size": {"shortest_edge": 48}, "crop_size": {"height": 48, "width": 48}}
    return {"text_encoder": t.LlavaForConditionalGeneration(config), "image_processor": t.CLIPImageProcessor(**size)}


def _cogvideox(channels: int = 4) -> Parts:
    d, _ = libraries()

    transformer = d.CogVideoXTransformer3DModel(
        num_attention_heads=2,
        attention_head_dim=16,
        in_channels=channels,
        out_channels=4,
        time_embed_dim=8,
        text_embed_dim=WIDTH,
        num_layers=2,
        sample_width=4,
        sample_height=4,
        sample_frames=9,
        max_text_seq_length=16,
        use_rotary_positional_embeddings=True,
    )
    vae = d.AutoencoderKLCogVideoX(
        block_out_channels=(8, 8, 8, 8), latent_channels=4, layers_per_block=1, norm_num_groups=4
    )
    scheduler = d.CogVideoXDDIMScheduler(prediction_type="v_prediction", rescale_betas_zero_snr=True)
    return {**_t5(), "vae": vae, "scheduler": scheduler, "transformer": transformer}


def _cosmos_transformer(channels: int) -> Any:
    d, _ = libraries()

    return d.CosmosTransformer3DModel(
        in_channels=channels,
        out_channels=4,
        num_attention_heads=2,
        attention_head_dim=16,
        num_layers=1,
        mlp_ratio=2,
        text_embed_dim=WIDTH,
        adaln_lora_dim=4,
        max_size=(4, 16, 16),
        extra_pos_embed_type="learnable",
    )


def _cosmos(channels: int = 4) -> Parts:
    d, _ = libraries()

    vae = d.AutoencoderKLCosmos(
        latent_channels=4,
        encoder_block_out_channels=(8, 8, 8, 8),
        decode_block_out_channels=(8, 8, 8, 8),
        attention_resolutions=(8,),
        resolution=64,
        num_layers=1,
        latents_mean=None,
        latents_std=None,
    )
    scheduler = d.EDMEulerScheduler(sigma_min=0.002, sigma_max=80, sigma_data=0.5, final_sigmas_type="sigma_min")
    return {**_t5(), "vae": vae, "scheduler": scheduler, "transformer": _cosmos_transformer(channels)}


def _cosmos_2() -> Parts:
    d, _ = libraries()

    scheduler = d.FlowMatchEulerDiscreteScheduler(use_karras_sigmas=True)
    return {**_t5(), "vae": _wan_vae(), "scheduler": scheduler, "transformer": _cosmos_transformer(5)}


KINDS: Mapping[str, tuple[str, Callable[[], Parts], Mapping[str, Any]]] = {
    "Wan 2.1": ("WanPipeline", _wan, {}),
    "Wan 2.1 from a picture": ("WanImageToVideoPipeline", _wan_pictures, {}),
    "Wan 2.1 from two pictures": ("WanImageToVideoPipeline", lambda: _wan_pictures(10), {}),
    "Wan 2.2 5B": ("WanPipeline", _wan, {"expand_timesteps": True}),
    "Wan 2.2 from a picture": ("WanImageToVideoPipeline", _wan_two_experts, {"boundary_ratio": 0.9}),
    "LTX": ("LTXPipeline", _ltx, {}),
    "LTX with conditions": ("LTXConditionPipeline", _ltx, {}),
    "HunyuanVideo": ("HunyuanVideoPipeline", _hunyuan, {}),
    "HunyuanVideo from a picture": (
        "HunyuanVideoImageToVideoPipeline",
        lambda: _hunyuan("token_replace"),
        {},
    ),
    "HunyuanVideo from a picture, first": (
        "HunyuanVideoImageToVideoPipeline",
        lambda: _hunyuan("latent_concat"),
        {},
    ),
    "CogVideoX": ("CogVideoXPipeline", _cogvideox, {}),
    "CogVideoX from a picture": ("CogVideoXImageToVideoPipeline", lambda: _cogvideox(8), {}),
    "Cosmos": ("CosmosTextToWorldPipeline", _cosmos, {}),
    "Cosmos from a picture": ("CosmosVideoToWorldPipeline", lambda: _cosmos(5), {}),
    "Cosmos 2 from a picture": ("Cosmos2VideoToWorldPipeline", _cosmos_2, {}),
}
"""Pipeline class, parts, and what the index says beside them, by the name of the model."""
