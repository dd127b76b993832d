"""The networks of a folder, read by the loaders of diffusers and transformers, and one pass of them.

Each part is read by its own class, from its own folder, so that nothing is looked up by name in a library, nothing is
fetched, and what is missing or of another shape is found here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from inspect import signature
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from himmel.openweights.cosmos import guardrail, stand_in_for_torchvision
from himmel.openweights.folder import AGAIN, NETWORKS, Folder
from himmel.openweights.placement import OFFLOADED, WHOLE, Placement
from himmel.openweights.shot import Shot
from himmel.records import HimmelError

if TYPE_CHECKING:
    from PIL.Image import Image

INSTALL = "in the folder of himmel: .venv/bin/pip install -c constraints.txt -e '.[open-weights]'"
EXACT = {"AutoencoderKLWan", "CLIPVisionModel"}
"""Parts that their makers run in 32 bits, since they are small and 16 bits are seen."""
DECODED_AT = 0.05, 0.025
"""Noise level that an LTX autoencoder which is told one decodes at, and the noise that is added (its model card)."""


def check_installed(folder: Folder) -> None:
    """Raises HimmelError where libraries that run a folder are missing. Imports none of them."""
    wanted = {"diffusers": find_spec("diffusers"), "transformers": find_spec("transformers")}
    wanted |= {"accelerate": find_spec("accelerate"), "sentencepiece": find_spec("sentencepiece")}
    wanted |= {"ftfy": find_spec("ftfy")}
    lacking = [name for name, found in wanted.items() if found is None]
    if lacking:
        raise HimmelError("open weights need packages that are not installed", " and ".join(lacking), INSTALL)


class Networks:
    """The parts of a folder, ready to compute where `placement` says. Make it with `load`."""

    def __init__(self, folder: Folder, parts: dict[str, Any], placement: Placement) -> None:
        self.folder, self.parts, self.placement = folder, parts, placement
        self._pipelines: dict[str, Any] = {}

    @classmethod
    def load(cls, folder: Folder, placement: Placement) -> Networks:
        """Reads all parts. Raises HimmelError for packages or weights that are missing, or weights of another shape."""
        check_installed(folder)
        with quiet():
            classes, dtype = _part_classes(), placement.dtype
            parts = {part: _read(folder, part, classes[name], dtype) for part, name in folder.parts.items()}
        return cls(folder, parts, placement)

    def make(self, shot: Shot, on_step: Callable[[], None]) -> NDArray[np.uint8]:
        """The frames [T, H, W, 3] of one pass, T as the shot says; a first picture is among them, as the model sees it.

        on_step is called after every step of the scheduler and may raise. Raises HimmelError where memory runs out, or
        what comes out is no picture.
        """
        stopped: list[BaseException] = []

        def stepped(pipeline: Any, step: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
            try:
                on_step()
            except BaseException as error:
                stopped.append(error)
                raise
            return tensors

        try:
            with quiet():
                video = self._call(shot, stepped)
        except torch.OutOfMemoryError as error:
            remedy = "ask for a smaller --size or fewer --seconds"
            raise HimmelError("the memory of the GPU ran out", "", remedy) from error
        except (RuntimeError, ValueError, TypeError, AttributeError, IndexError) as error:
            if stopped or "not enough memory" in str(error):
                raise
            given = f"{self.folder.pipeline} in {self.folder.path} failed: {first_line(error)}"
            raise HimmelError(given, "parts of one model, whole", AGAIN) from error
        if not np.isfinite(video).all():
            raise HimmelError("the model made numbers that are no picture", "weights that are whole", AGAIN)
        frames = np.clip(np.round(video * 255), 0, 255).astype(np.uint8)
        if len(frames) < shot.frames:
            raise HimmelError(f"{self.folder.pipeline} gave {len(frames)} frames", f"{shot.frames}", "")
        return frames[: shot.frames]

    @torch.no_grad()
    def _call(self, shot: Shot, stepped: Callable[..., Any]) -> NDArray[np.float32]:
        """What the pipeline gives for a shot, [T, H, W, 3] in 0..1."""
        abilities = self.folder.abilities
        name = class_for(self.folder.pipeline, shot)
        told: dict[str, Any] = {
            "prompt": shot.prompt,
            "height": shot.height,
            "width": shot.width,
            "num_frames": shot.frames + abilities.lost,
            "num_inference_steps": shot.steps,
            "guidance_scale": shot.guidance,
            "max_sequence_length": abilities.words,
            "generator": torch.Generator(self._noise_device).manual_seed(shot.seed),
            "output_type": "np",
        }
        if abilities.told_rate:
            told["frame_rate" if name.startswith("LTX") else "fps"] = round(shot.rate)
        if self.folder.vae.get("timestep_conditioning") is True:
            told["decode_timestep"], told["decode_noise_scale"] = DECODED_AT
        told |= _pictures(name, shot)
        pipeline = self._pipeline(name)
        with self._reusing(shot.cache):
            return pipeline(**told, callback_on_step_end=stepped).frames[0]

    @contextmanager
    def _reusing(self, threshold: float) -> Iterator[None]:
        """Has the transformers leave out blocks where the first one of a step says that little has changed: diffusers'
        FirstBlockCache, for one call, since what a walk leaves behind is of no use to the next.
        """
        if threshold == 0:
            yield
            return
        from diffusers.hooks.first_block_cache import FirstBlockCacheConfig

        networks = [part for name, part in self.parts.items() if name.startswith("transformer")]
        try:
            for network in networks:
                network.enable_cache(FirstBlockCacheConfig(threshold))
            yield
        finally:
            for network in networks:
                if network.is_cache_enabled:
                    network.disable_cache()

    @property
    def _noise_device(self) -> str:
        """The processor, whatever computes, so that a seed means the same everywhere; but where an autoencoder adds
        noise of its own, diffusers draws it where it decodes.
        """
        return self.placement.device if self.folder.vae.get("timestep_conditioning") is True else "cpu"

    def _pipeline(self, name: str) -> Any:
        """A pipeline class around the parts, which classes share."""
        if name not in self._pipelines:
            for other in self._pipelines.values():
                other.remove_all_hooks()
            self._pipelines.clear()
            try:
                kind = _pipeline_classes()[name]
                wanted = signature(kind.__init__).parameters
                told = {**self.parts, **self.folder.told}
                if "safety_checker" in wanted:
                    stand_in_for_torchvision()
                    told["safety_checker"] = guardrail()
                pipeline = kind(**{part: value for part, value in told.items() if part in wanted})
            except (ImportError, OSError) as error:
                # The guardrail of Cosmos' makers reads weights of its own, which must be on this machine already.
                raise HimmelError(
                    f"{name} could not be put together: {first_line(error)}", "", "see docs/open-weights.md"
                ) from error
            pipeline.set_progress_bar_config(disable=True)
            if self.placement.way == OFFLOADED:
                pipeline.enable_model_cpu_offload(device=self.placement.device)
            elif self.placement.way == WHOLE:
                pipeline.to(self.placement.device)
            else:
                pipeline.enable_sequential_cpu_offload(device=self.placement.device)
            if self.placement.device != "cpu" and hasattr(pipeline.vae, "enable_tiling"):
                pipeline.vae.enable_tiling()
            self._pipelines[name] = pipeline
        return self._pipelines[name]


def class_for(pipeline: str, shot: Shot) -> str:
    """The pipeline class that makes a shot of a folder: the same weights may be run by one for words and one for
    pictures.
    """
    twins = {"WanPipeline": "WanImageToVideoPipeline", "LTXPipeline": "LTXImageToVideoPipeline"}
    if shot.first is not None:
        return twins.get(pipeline, pipeline)
    return {pictures: words for words, pictures in twins.items()}.get(pipeline, pipeline)


def _pictures(name: str, shot: Shot) -> dict[str, Any]:
    """The pictures of a shot as a pipeline class is told them."""
    if name == "LTXConditionPipeline":
        from diffusers.pipelines.ltx.pipeline_ltx_condition import LTXVideoCondition

        places = ((shot.first, 0), (shot.last, shot.frames - 1))
        given = [LTXVideoCondition(image=_image(p), frame_index=at) for p, at in places if p is not None]
        return {"conditions": given} if given else {}
    pictures = {"image": shot.first, "last_image": shot.last}
    return {key: _image(picture) for key, picture in pictures.items() if picture is not None}


def _image(picture: NDArray[np.uint8]) -> Image:
    from PIL import Image

    return Image.fromarray(picture)


def read_tokenizer(folder: Folder) -> Any:
    """What cuts words into the pieces that the first text encoder reads. HimmelError where it cannot be read."""
    check_installed(folder)
    with quiet():
        kind = _part_classes()[folder.parts["tokenizer"]]
        return _read(folder, "tokenizer", kind, torch.float32)


def _read(folder: Folder, part: str, kind: Any, dtype: torch.dtype) -> Any:
    """One part by its own class; a network that has no weights for a tensor, or some of another shape, is refused."""
    path, network = folder.path / part, kind.__name__ in NETWORKS
    told: dict[str, Any] = {"local_files_only": True}
    if network:
        dtype = torch.float32 if kind.__name__ in EXACT else dtype
        told |= {"torch_dtype": dtype, "use_safetensors": True, "output_loading_info": True}
    try:
        found = kind.from_pretrained(str(path), **told)
    except Exception as error:
        # What a library says of a damaged file may be of any class, and nothing of himmel's runs in there.
        raise HimmelError(f"{path} cannot be read as {kind.__name__}: {first_line(error)}", "", AGAIN) from error
    if not network:
        return found
    module, said = found
    for lack, how in (("missing_keys", "missing"), ("mismatched_keys", "of another shape"), ("error_msgs", "damaged")):
        if names := sorted(map(str, said.get(lack) or [])):
            count = f"{len(names)} tensors are" if len(names) > 1 else "a tensor is"
            given = f"{path}: {count} {how}: {names[0]:.80}"
            raise HimmelError(given, f"the weights of a {kind.__name__} as its config.json has it", AGAIN)
    return module.eval().requires_grad_(False)


@contextmanager
def quiet() -> Iterator[None]:
    """No bars and no remarks of the libraries, which know nothing of who runs them; what matters is an error."""
    # Everything is read from folders; should a library look further all the same, it finds the door shut.
    os.environ["HF_HUB_OFFLINE"] = "1"
    from diffusers.utils import logging as diffusers_logging
    from transformers.utils import logging as transformers_logging

    both: tuple[Any, ...] = (diffusers_logging, transformers_logging)
    levels = [logging.get_verbosity() for logging in both]
    for logging in both:
        logging.set_verbosity_error()
        logging.disable_progress_bar()
    try:
        yield
    finally:
        for logging, level in zip(both, levels, strict=True):
            logging.set_verbosity(level)
            logging.enable_progress_bar()


def libraries() -> tuple[Any, Any]:
    """(diffusers, transformers), whose names are made when they are asked for, so that no type checker sees them."""
    import diffusers
    import transformers

    return diffusers, transformers


def first_line(error: BaseException) -> str:
    """What an error says, short enough for one line."""
    return " ".join(str(error).split())[:200] or type(error).__name__


def _part_classes() -> dict[str, Any]:
    """Classes of parts by their names, none but those that `folder` allows."""
    d, t = libraries()
    kinds = [
        *(d.AutoencoderKLCogVideoX, d.AutoencoderKLCosmos, d.AutoencoderKLHunyuanVideo, d.AutoencoderKLLTXVideo),
        *(d.AutoencoderKLWan, d.CogVideoXTransformer3DModel, d.CosmosTransformer3DModel),
        *(d.HunyuanVideoTransformer3DModel, d.LTXVideoTransformer3DModel, d.WanTransformer3DModel),
        *(d.CogVideoXDDIMScheduler, d.CogVideoXDPMScheduler, d.EDMEulerScheduler),
        *(d.FlowMatchEulerDiscreteScheduler, d.UniPCMultistepScheduler),
        *(t.CLIPTextModel, t.CLIPVisionModel, t.LlamaModel, t.LlavaForConditionalGeneration, t.T5EncoderModel),
        t.UMT5EncoderModel,
    ]
    named = {kind.__name__: kind for kind in kinds}
    # transformers 5 has one class for what was two, and gives it under both names.
    named |= {"CLIPTokenizer": t.CLIPTokenizer, "CLIPTokenizerFast": t.CLIPTokenizer, "T5Tokenizer": t.T5Tokenizer}
    named |= {"LlamaTokenizer": t.LlamaTokenizer, "LlamaTokenizerFast": t.LlamaTokenizer}
    return {**named, "T5TokenizerFast": t.T5Tokenizer, "CLIPImageProcessor": t.CLIPImageProcessor}


def _pipeline_classes() -> dict[str, Any]:
    """Pipeline classes by their names, none but those that `abilities` knows."""
    d, _ = libraries()
    kinds = [
        *(d.WanPipeline, d.WanImageToVideoPipeline, d.LTXPipeline, d.LTXImageToVideoPipeline, d.LTXConditionPipeline),
        *(d.HunyuanVideoPipeline, d.HunyuanVideoImageToVideoPipeline, d.CogVideoXPipeline),
        *(d.CogVideoXImageToVideoPipeline, d.CosmosTextToWorldPipeline, d.CosmosVideoToWorldPipeline),
        d.Cosmos2VideoToWorldPipeline,
    ]
    return {kind.__name__: kind for kind in kinds}
