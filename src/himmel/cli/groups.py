"""Every command of `himmel`, and of its groups that lie in several files: a new one is imported and listed here.

Files of commands import what is heavy inside their functions, so that all of them together stay cheap to import.
"""

from __future__ import annotations

import click

from himmel.cli import (
    animate,
    caption,
    connect,
    doctor,
    edit,
    enlarge,
    evaluate,
    evaluate_3d,
    evaluate_captioner,
    evaluate_detector,
    evaluate_digits,
    evaluate_exports,
    evaluate_fidelity,
    evaluate_frames,
    evaluate_open_weights,
    evaluate_paths,
    evaluate_physics,
    evaluate_prompts,
    evaluate_report,
    evaluate_safety,
    evaluate_upsampler,
    evaluate_watermark,
    evaluate_ways,
    evaluate_world,
    extend,
    fill,
    footage,
    generate,
    image,
    keys,
    loop,
    mcp,
    models,
    plan,
    replay,
    serve,
    storyboard,
    train,
    train_captioner,
    train_detector,
    train_digits,
    train_physics,
    train_reader,
    train_safety,
    train_study,
    train_transformer,
    train_upsampler,
    vary,
    verify,
    world,
)

MAKING: tuple[click.Command, ...] = (
    generate.generate,
    image.image,
    animate.animate,
    extend.extend,
    loop.loop,
    fill.fill,
    connect.connect,
    edit.edit,
    storyboard.storyboard,
    vary.vary,
    enlarge.enlarge,
    replay.replay,
)
"""Verbs that make clips: tests hold each of them to the same check and the same marks."""

HIMMEL: tuple[click.Command, ...] = (
    *MAKING,
    caption.caption,
    verify.verify,
    serve.serve,
    mcp.mcp,
    keys.keys,
    plan.plan,
    models.models,
    doctor.doctor,
    world.world,
    footage.footage,
    train.train,
    evaluate.evaluate,
)

EVALUATE: tuple[click.Command, ...] = (
    evaluate.autoencoder,
    evaluate_upsampler.upsampler,
    evaluate_prompts.prompts,
    evaluate.swaps,
    evaluate.flow,
    evaluate.judge,
    evaluate_ways.ways,
    evaluate_ways.storyboard,
    evaluate_ways.edit,
    evaluate_ways.drift,
    evaluate_ways.characters,
    evaluate_captioner.captioner,
    evaluate_safety.safety,
    evaluate_watermark.watermark,
    evaluate_frames.frames,
    evaluate_detector.detector,
    evaluate_exports.exports,
    evaluate_open_weights.open_weights,
    evaluate_world.world_physics,
    evaluate_world.permanence,
    evaluate_world.events,
    evaluate_3d.scene_3d,
    evaluate_paths.paths,
    evaluate_physics.physics,
    evaluate_digits.digits,
    evaluate_fidelity.fidelity,
    evaluate_fidelity.announcement,
    evaluate_report.everything,
)

TRAIN: tuple[click.Command, ...] = (
    train.words,
    train.pool,
    train.autoencoder,
    train.decoder,
    train_upsampler.upsampler,
    train.latents,
    train_reader.reader,
    train_transformer.transformer,
    train_captioner.captioner,
    train_safety.safety,
    train_detector.detector,
    train_physics.balls,
    train_physics.physics,
    train_digits.digits,
    train_study.study,
)


def fill_groups(program: click.Group) -> None:
    """Hangs every command where it belongs: on `program`, on `himmel evaluate` and on `himmel train`."""
    for group, commands in ((program, HIMMEL), (evaluate.evaluate, EVALUATE), (train.train, TRAIN)):
        for command in commands:
            group.add_command(command)
