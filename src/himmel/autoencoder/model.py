"""The autoencoder: an encoder that sees one group of four frames, a decoder that also sees the groups beside it.

Shapes: B clips, G groups (latent frames), T = 4 G frames, C latent channels, H W pixels, h w = H/16 W/16 tokens.

Both networks are 2-D: the four frames of a group are folded into channels, and work happens at a quarter of the pixel
resolution and below. Norms are taken over channels at each place, never over space, so a tile decodes as the whole
does.

Beside each network runs one linear layer from a block of pixels (4 x 16 x 16) to its latents or back. It starts from
the principal components of the training clips, so the whole starts as the best linear code and learns what that misses.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from himmel.autoencoder.config import FRAMES_A_GROUP, PIXELS_A_TOKEN, AutoencoderConfig
from himmel.records import HimmelError

_FOLD = 4  # pixels a side that are folded into channels before the first convolution


class ChannelNorm(nn.Module):
    """RMSNorm over the channels of each place of [N, C, H, W]."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        scale = torch.rsqrt(x.float().square().mean(1, keepdim=True) + 1e-6)
        return x * (scale * self.weight.float()[:, None, None]).to(x.dtype)


class Block(nn.Module):
    """Pre-norm residual block of two 3 x 3 convolutions; starts as the identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = ChannelNorm(channels)
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.conv2.weight)
        nn.init.zeros_(self.conv2.bias)  # pyright: ignore[reportArgumentType]

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv2(F.silu(self.conv1(F.silu(self.norm(x)))))


def _stage(channels: int, blocks: int) -> list[nn.Module]:
    return [Block(channels) for _ in range(blocks)]


class Encoder(nn.Module):
    """[N, 12 + 4, H, W] (four RGB frames and which of them are there) to raw latents [N, C, h, w]."""

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        low, middle, high = config.widths
        first, second, third = config.encoder_blocks
        inputs = 3 * FRAMES_A_GROUP * _FOLD**2 + FRAMES_A_GROUP
        self.layers = nn.Sequential(
            nn.Conv2d(inputs, low, 1),
            *_stage(low, first),
            nn.Conv2d(low, middle, 4, stride=2, padding=1),
            *_stage(middle, second),
            nn.Conv2d(middle, high, 4, stride=2, padding=1),
            *_stage(high, third),
            ChannelNorm(high),
            nn.Conv2d(high, config.channels, 1),
        )
        self.linear = nn.Conv2d(3 * FRAMES_A_GROUP, config.channels, PIXELS_A_TOKEN, PIXELS_A_TOKEN)
        _start_at_zero(self.layers[-1])

    def forward(self, pixels: Tensor, present: Tensor) -> Tensor:
        """Pixels of frames that are not there are those of the nearest that is."""
        folded = F.pixel_unshuffle(pixels, _FOLD)
        marks = present[:, :, None, None].expand(-1, -1, *folded.shape[-2:])
        return self.linear(pixels) + self.layers(torch.cat([folded, marks], 1))


class Upsample(nn.Module):
    """Doubles the resolution: a 1 x 1 convolution to four times the channels, rearranged."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, 4 * outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        return F.pixel_shuffle(self.conv(x), 2)


class Motion(nn.Module):
    """Where each pixel of a frame is taken from: latents of a group and its neighbours [N, 3 C + 2, h, w] to offsets
    [N, 4 frames x (x, y), H/4, W/4], in pixels, at most `reach` either way. Starts as standing still.
    """

    def __init__(self, inputs: int, reach: int, width: int = 80, fine: int = 32) -> None:
        super().__init__()
        self.reach = reach
        side = PIXELS_A_TOKEN // _FOLD
        self.layers = nn.Sequential(
            nn.Conv2d(inputs, width, 3, padding=1),
            *_stage(width, 2),
            nn.Conv2d(width, fine * side**2, 1),
            nn.PixelShuffle(side),
            ChannelNorm(fine),
            nn.SiLU(),
            nn.Conv2d(fine, 2 * FRAMES_A_GROUP, 3, padding=1),
        )
        _start_at_zero(self.layers[-1])

    def forward(self, neighbourhood: Tensor) -> Tensor:
        return self.reach * torch.tanh(self.layers(neighbourhood).float() / self.reach)


def move(frames: Tensor, offsets: Tensor) -> Tensor:
    """Frames [N, 4 x 3, H, W], each pixel taken from where `offsets` [N, 4 x 2, H/4, W/4] point, between pixels by
    bilinear interpolation; beyond the picture its edge goes on.
    """
    count, _, height, width = frames.shape
    fine = F.interpolate(offsets.float(), scale_factor=_FOLD, mode="bilinear", align_corners=False)
    fine = rearrange(fine, "n (f d) h w -> (n f) h w d", d=2)
    rows = torch.arange(height, device=frames.device, dtype=torch.float32)[:, None].expand(height, width)
    columns = torch.arange(width, device=frames.device, dtype=torch.float32).expand(height, width)
    size = torch.tensor([max(width - 1, 1), max(height - 1, 1)], device=frames.device)
    grid = (torch.stack([columns, rows], -1) + fine) * (2 / size) - 1
    single = rearrange(frames.float(), "n (f c) h w -> (n f) c h w", f=FRAMES_A_GROUP)
    moved = F.grid_sample(single, grid, mode="bilinear", padding_mode="border", align_corners=True)
    return rearrange(moved, "(n f) c h w -> n (f c) h w", n=count).to(frames.dtype)


class Decoder(nn.Module):
    """Raw latents of a group and its two neighbours [N, 3 C + 2, h, w] to four RGB frames [N, 12, H, W].

    Convolutions draw what is there and find out how it moves; each frame is then drawn moved. Without that what moves
    stands still within a group: a picture that is right on average is all that few steps of training find.
    """

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        low, middle, high = config.widths
        first, second, third = config.decoder_blocks
        self.layers = nn.Sequential(
            nn.Conv2d(3 * config.channels + 2, high, 3, padding=1),
            *_stage(high, third),
            Upsample(high, middle),
            *_stage(middle, second),
            Upsample(middle, low),
            *_stage(low, first),
            ChannelNorm(low),
            nn.Conv2d(low, 3 * FRAMES_A_GROUP * _FOLD**2, 3, padding=1),
        )
        self.linear = nn.Conv2d(config.channels, 3 * FRAMES_A_GROUP * PIXELS_A_TOKEN**2, 1)
        self.motion = Motion(3 * config.channels + 2, config.reach) if config.reach else None
        _start_at_zero(self.layers[-1])

    def forward(self, neighbourhood: Tensor) -> Tensor:
        frames, offsets = self.draw(neighbourhood)
        return frames if offsets is None else move(frames, offsets)

    def draw(self, neighbourhood: Tensor) -> tuple[Tensor, Tensor | None]:
        """(frames before they are moved, offsets [N, 4 x 2, H/4, W/4] in pixels; None where nothing is moved)."""
        channels = self.linear.in_channels
        own = F.pixel_shuffle(self.linear(neighbourhood[:, channels : 2 * channels]), PIXELS_A_TOKEN)
        frames = own + F.pixel_shuffle(self.layers(neighbourhood), _FOLD)
        return frames, None if self.motion is None else self.motion(neighbourhood)


def _by_frame(offsets: Tensor, batch: int) -> Tensor:
    return rearrange(offsets, "(b g) (f d) h w -> b (g f) d h w", b=batch, d=2)


def _start_at_zero(last: nn.Module) -> None:
    for parameter in last.parameters():
        nn.init.zeros_(parameter)


class Autoencoder(nn.Module):
    """Encoder, decoder and the fixed statistics that normalise latents between them.

    Raises HimmelError for pictures that are not a multiple of 16 pixels or clips that are not a multiple of 4 frames;
    callers pad and crop, and mark frames that are not there with `present`.
    """

    latent_mean: Tensor
    latent_std: Tensor

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)
        self.register_buffer("latent_mean", torch.zeros(config.channels))
        self.register_buffer("latent_std", torch.ones(config.channels))

    @property
    def dtype(self) -> torch.dtype:
        return next(self.parameters()).dtype

    @property
    def device(self) -> torch.device:
        return next(self.parameters()).device

    def encode_raw(self, frames: Tensor, present: Tensor | None = None) -> Tensor:
        """Frames [B, 3, T, H, W] in -1..1, present bool [B, T] (None: all) to raw latents [B, C, G, h, w]."""
        batch, _, count, height, width = frames.shape
        if count % FRAMES_A_GROUP or height % PIXELS_A_TOKEN or width % PIXELS_A_TOKEN:
            raise HimmelError(
                f"a clip of {count} frames of {width} x {height}",
                "the encoder takes multiples of 4 frames and of 16 pixels",
                "pad it and crop the result",
            )
        if present is None:
            present = torch.ones(batch, count, dtype=torch.bool, device=frames.device)
        else:
            frames = _fill_absent(frames, present)
        marks = present.to(frames.dtype)
        groups = rearrange(frames, "b c (g f) h w -> (b g) (f c) h w", f=FRAMES_A_GROUP)
        groups = groups.contiguous(memory_format=torch.channels_last)
        raw = self.encoder(groups, rearrange(marks, "b (g f) -> (b g) f", f=FRAMES_A_GROUP))
        return rearrange(raw, "(b g) c h w -> b c g h w", b=batch)

    def decode_raw(self, raw: Tensor) -> Tensor:
        """Raw latents [B, C, G, h, w] to frames [B, 3, T, H, W], about -1..1 (not clipped)."""
        pixels = self.decoder(self._neighbourhoods(raw))
        return rearrange(pixels, "(b g) (f c) h w -> b c (g f) h w", b=len(raw), f=FRAMES_A_GROUP)

    def decode_raw_and_offsets(self, raw: Tensor) -> tuple[Tensor, Tensor | None]:
        """As `decode_raw`, and the offsets [B, T, 2, H/4, W/4] (x, y) in pixels by which it moved them, if it does."""
        frames, offsets = self.decoder.draw(self._neighbourhoods(raw))
        pixels = frames if offsets is None else move(frames, offsets)
        pixels = rearrange(pixels, "(b g) (f c) h w -> b c (g f) h w", b=len(raw), f=FRAMES_A_GROUP)
        return pixels, None if offsets is None else _by_frame(offsets, len(raw))

    def decoded_offsets(self, raw: Tensor) -> Tensor | None:
        """The offsets of `decode_raw_and_offsets` alone."""
        motion = self.decoder.motion
        return None if motion is None else _by_frame(motion(self._neighbourhoods(raw)), len(raw))

    def _neighbourhoods(self, raw: Tensor) -> Tensor:
        """What the decoder reads: [B G, 3 C + 2, h, w]."""
        batch, _, groups = raw.shape[:3]
        padded = F.pad(raw, (0, 0, 0, 0, 1, 1))
        before, after = padded[:, :, :-2], padded[:, :, 2:]
        there = torch.ones(groups, dtype=raw.dtype, device=raw.device)
        marks = torch.stack([there, there])
        marks[0, 0] = marks[1, -1] = 0  # the first group has nothing before it, the last nothing after it
        planes = marks[None, :, :, None, None].expand(batch, -1, -1, *raw.shape[-2:])
        stacked = rearrange(torch.cat([before, raw, after, planes], 1), "b c g h w -> (b g) c h w")
        return stacked.contiguous(memory_format=torch.channels_last)

    def encode(self, frames: Tensor, present: Tensor | None = None) -> Tensor:
        """As `encode_raw`, normalised to mean 0 and deviation about 1 a channel.

        This, `decode` and `decode_group` take tensors of any device and answer on the same one.
        """
        present = None if present is None else present.to(self.device)
        raw = self.encode_raw(frames.to(self.device, self.dtype), present)
        return ((raw - _per_channel(self.latent_mean, raw)) / _per_channel(self.latent_std, raw)).to(frames.device)

    def decode(self, latents: Tensor) -> Tensor:
        """Normalised latents [B, C, G, h, w] to frames [B, 3, T, H, W] in -1..1."""
        here = latents.to(self.device, self.dtype)
        raw = here * _per_channel(self.latent_std, here) + _per_channel(self.latent_mean, here)
        return self.decode_raw(raw).clamp(-1, 1).to(latents.device)

    def decode_group(self, before: Tensor | None, current: Tensor, after: Tensor | None) -> Tensor:
        """One normalised latent frame [C, h, w] between its neighbours (None: there is none) to frames [3, 4, H, W]."""
        origin, current = current.device, current.to(self.device, self.dtype)
        mean, std = (_per_channel(x, current)[0, :, 0] for x in (self.latent_mean, self.latent_std))
        nothing = torch.zeros_like(current, dtype=self.dtype)
        around = [nothing if x is None else x.to(current) * std + mean for x in (before, current, after)]
        marks = [nothing[:1] if x is None else torch.ones_like(nothing[:1]) for x in (before, after)]
        stacked = torch.cat([*around, *marks])[None].contiguous(memory_format=torch.channels_last)
        frames = rearrange(self.decoder(stacked)[0], "(f c) h w -> c f h w", f=FRAMES_A_GROUP).clamp(-1, 1)
        return frames.to(origin)

    @torch.no_grad()
    def set_statistics(self, mean: Tensor, std: Tensor) -> None:
        """Fixes the normalisation: each channel's mean goes, and one scale for all makes the mean square 1.

        Channels keep their relative strength. Scaled to equal deviations, those that carry fine texture would weigh as
        much in the flow's loss as those that carry the scene (docs/decisions/0008).
        """
        self.latent_mean.copy_(mean)
        self.latent_std.fill_(float(std.square().mean().sqrt()))

    @torch.no_grad()
    def set_linear(self, mean: Tensor, components: Tensor, deviations: Tensor) -> None:
        """Starts the linear layers as a principal component code.

        mean [P] and components [C, P] (orthonormal rows) of blocks of pixels, in the order (frame, colour, row,
        column); deviations [C] of the blocks along them. Latents get the square root of these deviations, up to one
        scale: between the natural spectrum, which is too steep for one noise level to fit, and a flat one.
        """
        scale = (deviations / deviations.log().mean().exp()).sqrt() / deviations
        encode, decode = components * scale[:, None], components / scale[:, None]
        self.encoder.linear.weight.copy_(encode.view_as(self.encoder.linear.weight))
        self.encoder.linear.bias.copy_(-encode @ mean)  # pyright: ignore[reportOptionalMemberAccess]
        self.decoder.linear.weight.copy_(decode.T[:, :, None, None])
        self.decoder.linear.bias.copy_(mean)  # pyright: ignore[reportOptionalMemberAccess]


def _fill_absent(frames: Tensor, present: Tensor) -> Tensor:
    """Frames [B, 3, T, H, W] with those that are not there replaced by the nearest of their group that is.

    A still so becomes four equal frames. A group without any frame becomes grey.
    """
    there = rearrange(present, "b (g f) -> b g 1 f", f=FRAMES_A_GROUP)
    at = torch.arange(FRAMES_A_GROUP, device=frames.device)
    nearest = ((at[:, None] - at).abs() + FRAMES_A_GROUP * ~there).argmin(-1)
    start = torch.arange(0, frames.shape[2], FRAMES_A_GROUP, device=frames.device)[:, None]
    index = (nearest + start).flatten(1)[:, None, :, None, None].expand_as(frames)
    some = there.any(-1).expand(-1, -1, FRAMES_A_GROUP).flatten(1)[:, None, :, None, None]
    return frames.gather(2, index) * some


def _per_channel(values: Tensor, like: Tensor) -> Tensor:
    return values.to(like.dtype)[None, :, None, None, None]
