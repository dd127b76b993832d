"""The prediction is honest about what it measured."""

from __future__ import annotations

from himmel.pipeline import Pipeline
from himmel.pipeline.estimate import estimate
from himmel.pipeline.request import check


def test_a_larger_request_is_predicted_to_cost_more(pipeline: Pipeline) -> None:
    small = estimate(pipeline, check("a ball", width=64, height=64, seconds=0.5, steps=4))
    large = estimate(pipeline, check("a ball", width=512, height=512, seconds=60, steps=20))
    assert large.seconds > 20 * small.seconds
    assert large.memory > small.memory
    assert large.extrapolated
    assert not small.extrapolated
    assert set(small.stages) == {"reading", "sampling", "decoding", "writing"}
    assert 0.15 <= small.error <= 0.9


def test_the_prediction_grows_with_the_steps(pipeline: Pipeline) -> None:
    few, many = (estimate(pipeline, check("a ball", seconds=0.5, steps=steps)).stages for steps in (5, 50))
    assert 2 < many["sampling"] / few["sampling"] < 50
