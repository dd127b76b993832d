"""The pipeline of a verb, under the policy that was asked for, which is said where it is not the usual one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from himmel.cli.terminal import say, size_of

if TYPE_CHECKING:
    from himmel.pipeline import Pipeline
    from himmel.safety.policy import Policy


def open_pipeline(model: str, policy: Policy | None, attest_likeness: bool = False) -> Pipeline:
    """The pipeline of `model`, with a line about a policy that is not the default, and one about checks that are not
    installed. attest_likeness: whether that was said of the media.
    """
    from himmel.pipeline import Pipeline
    from himmel.pipeline.open_weights import OpenWeights
    from himmel.safety.frames import lacks, to_install
    from himmel.safety.policy import ALWAYS, DEFAULT, OFF

    policy = policy or DEFAULT
    if policy == OFF:
        say("safety", f"off by HIMMEL_SAFETY; only {ALWAYS} stays refused. The recipe says so")
    elif policy != DEFAULT:
        say("policy", policy.note)
    if attest_likeness:
        policy = policy.model_copy(update={"attest_likeness": True})
        say("attested", "all who can be recognised in what is given agree to it. The recipe says so")
    pipeline = Pipeline.from_pretrained(model).under(policy, tell=lambda text: say("warning", text))
    if isinstance(weights := pipeline.parts, OpenWeights):
        place = weights.placement
        where = f"{place.way}, in {weights.precision}, on {place.device}"
        say("weights", f"{size_of(weights.folder.bytes)}, {where}; they are read before the first clip begins")
    if unseen := pipeline.guard.frames.unseen:
        say("unchecked", f"frames are not looked at for {' and '.join(unseen)}: {lacks(unseen)} is not installed")
        say("", f"the recipe says so; to have it: {to_install(unseen)}")
    return pipeline
