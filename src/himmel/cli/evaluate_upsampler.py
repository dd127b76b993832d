"""`himmel evaluate upsampler`: doubled latents against true renders of twice the size, and plain interpolation."""

from __future__ import annotations

from dataclasses import asdict

import click

from himmel.cli.evaluate import count_option, folder_for, folder_option, publish
from himmel.cli.options import SIZE, model_option
from himmel.cli.terminal import countdown


@click.command(short_help="Doubled latents against true renders of that size.")
@count_option(40, "Held-out scenes, drawn at both sizes.")
@click.option(
    "--size",
    type=SIZE,
    default="128x128",
    show_default=True,
    metavar="WxH",
    help="Of the smaller clips, multiples of 16. Example: --size 256x144",
)
@folder_option
@model_option
def upsampler(count: int, size: tuple[int, int], folder: str, model: str) -> None:
    """Draw held-out scenes at a size and at twice that, and measure how near to the larger ones one comes from the
    smaller ones: with their latents doubled, and by plain bicubic interpolation.

    \b
    himmel evaluate upsampler --count 40
    himmel evaluate upsampler --size 256x144 --count 20
    """
    place = folder_for(folder, count)
    from himmel.cli.world import need_mujoco
    from himmel.evaluation.report import write_json
    from himmel.pipeline.folder import folder_of
    from himmel.pipeline.parts import best_dtype, load_autoencoder, load_upsampler
    from himmel.recipes.upsampler_figures import held_out, makers, markdown, measure
    from himmel.records import HimmelError

    if size[0] % 16 or size[1] % 16:
        raise HimmelError(f"size {size[0]}x{size[1]}", "multiples of 16", "for example --size 256x144")
    need_mujoco()
    autoencoder, sha256 = load_autoencoder(model)
    network, digest = load_upsampler(folder_of(model), sha256)
    dtype = best_dtype()
    rows = measure(held_out(size, count), makers(autoencoder.to(dtype), network.to(dtype)), countdown(count))
    about = {"autoencoder": sha256, "upsampler": digest, "size": f"{size[0]}x{size[1]}", "count": count}
    write_json(
        place / "upsampler-clips.json",
        {"about": about, "clips": {name: [asdict(one) for one in results] for name, results in rows.items()}},
    )
    publish(markdown(rows), place, "upsampler.md")
