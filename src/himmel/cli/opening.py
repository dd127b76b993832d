"""The pipeline of a verb, under the policy that was asked for, which is said where it is not the usual one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from himmel.cli.terminal import say

if TYPE_CHECKING:
    from himmel.pipeline import Pipeline
    from himmel.safety.policy import Policy


def open_pipeline(model: str, policy: Policy | None) -> Pipeline:
    """The pipeline of `model`, with a line about a policy that is not the default."""
    from himmel.pipeline import Pipeline
    from himmel.safety.policy import ALWAYS, DEFAULT, OFF

    pipeline, policy = Pipeline.from_pretrained(model), policy or DEFAULT
    if policy == DEFAULT:
        return pipeline
    if policy == OFF:
        say("safety", f"off by HIMMEL_SAFETY; only {ALWAYS} stays refused. The recipe says so")
    else:
        say("policy", policy.note)
    return pipeline.under(policy)
