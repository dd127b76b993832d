"""How creatures get along: the way of a body over the ground, and feet that stay where they are put down.

Computed, not simulated: no muscle is modelled. A foot on the ground does not move, a hop flies on a parabola.
Shapes: D moments of a way, T frames.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

A = NDArray[np.float64]

_STEP = 1 / 240
_TURNING = 0.22
"""Metres of stepping that a radian of turning on the spot takes."""
FLIGHT = 0.6
"""Share of a hop that is spent in the air."""


@dataclass(frozen=True)
class Way:
    """seconds [D]; place [D, 2] metres; yaw [D] radians; gone [D] metres stepped, never less than before.

    lift [D]: metres that the whole body is above the ground. crouch [D]: 0 to 1, bent before and after a flight.
    hops: whether it goes by hops, all feet at once.
    """

    seconds: A
    place: A
    yaw: A
    gone: A
    lift: A
    crouch: A
    hops: bool = False

    def at(self, seconds: A) -> tuple[A, A]:
        """Place [..., 2] and yaw [...] at some moments."""
        x, y = (np.interp(seconds, self.seconds, self.place[:, i]) for i in (0, 1))
        return np.stack([x, y], axis=-1), np.interp(seconds, self.seconds, self.yaw)

    def speed(self, seconds: A) -> A:
        """Metres a second stepped [T]."""
        return np.interp(seconds, self.seconds, np.gradient(self.gone, self.seconds))


@dataclass(frozen=True)
class Print:
    """Where a foot was put down: time in seconds (below 0: before the clip), place (x, y), yaw in radians."""

    time: float
    place: tuple[float, float]
    yaw: float


def moments(duration: float, before: float = 1.5) -> A:
    """Dense moments from `before` seconds ahead of a clip to the same after it."""
    return np.arange(-before, duration + before, _STEP)


def stepped(seconds: A, speed: A, yaw: A, through: tuple[float, float], when: float) -> Way:
    """A way by speed [D], metres a second along yaw [D] (below 0: backwards), that passes `through` at time `when`."""
    velocity = speed[:, None] * np.stack([np.cos(yaw), np.sin(yaw)], axis=-1)
    place = np.cumsum(velocity, axis=0) * _STEP
    there = np.array([np.interp(when, seconds, place[:, i]) for i in (0, 1)])
    turning = np.abs(np.gradient(yaw, seconds))
    gone = np.cumsum(np.abs(speed) + _TURNING * turning) * _STEP
    still = np.zeros(len(seconds))
    return Way(seconds, place - there + np.array(through), yaw, gone, still, still)


def hopped(way: Way, period: float, height: float, since: float | None = None) -> Way:
    """The same way by hops of `period` seconds, `height` metres high; since: from this moment on, None is all along.

    Standing, it hops on the spot.
    """
    share = (way.seconds - (since or 0.0)) / period
    number = np.floor(share)
    flown = np.clip((share - number - (1 - FLIGHT)) / FLIGHT, 0, 1)
    warped = (number + flown) * period + (since or 0.0)
    on = np.ones(len(share), bool) if since is None else way.seconds >= since
    warped = np.where(on, warped, way.seconds)
    place, yaw = way.at(warped)
    contact = np.clip((share - number) / (1 - FLIGHT), 0, 1)
    crouch = np.where(on, np.sin(math.pi * contact), 0.0)
    lift = np.where(on, 4 * height * flown * (1 - flown), 0.0)
    gone = np.interp(warped, way.seconds, way.gone)
    return Way(way.seconds, place, yaw, gone, lift, crouch, hops=since is None)


@dataclass(frozen=True)
class Gait:
    """stride: metres from one step of a foot to its next. duty: share of it on the ground. rise: metres of a lifted
    foot."""

    stride: float
    duty: float = 0.58
    rise: float = 0.12


def foot(way: Way, gait: Gait, seconds: A, hip: tuple[float, float], phase: float) -> A:
    """A foot [T, 3] below `hip` (metres ahead of and left of the body's middle); phase: 0 to 1, of its step."""
    if way.hops:
        place, yaw = way.at(seconds)
        lift = np.interp(seconds, way.seconds, way.lift)
        return np.concatenate([place + _turned(hip, yaw), lift[:, None]], axis=1)
    done = np.interp(seconds, way.seconds, way.gone) / gait.stride + phase
    number = np.floor(done)
    here, there = (_planted(way, gait, number + i, hip, phase)[0] for i in (0, 1))
    swing = np.clip((done - number - gait.duty) / (1 - gait.duty), 0, 1)
    eased = swing * swing * (3 - 2 * swing)
    rise = gait.rise * np.sin(math.pi * swing) * np.clip(way.speed(seconds) / 0.3, 0, 1)
    rise = rise + np.interp(seconds, way.seconds, way.lift)
    return np.concatenate([here + (there - here) * eased[:, None], rise[:, None]], axis=1)


def _turned(hip: tuple[float, float], yaw: A) -> A:
    c, s = np.cos(yaw), np.sin(yaw)
    return np.stack([c * hip[0] - s * hip[1], s * hip[0] + c * hip[1]], axis=-1)


def _planted(way: Way, gait: Gait, number: A, hip: tuple[float, float], phase: float) -> tuple[A, A]:
    """Where step `number` puts the foot down, [..., 2], and its yaw: under the hip half way through its rest."""
    middle = np.interp((number + gait.duty / 2 - phase) * gait.stride, way.gone, way.seconds)
    place, yaw = way.at(middle)
    return place + _turned(hip, yaw), yaw


def prints(way: Way, gait: Gait, hip: tuple[float, float], phase: float, until: float) -> list[Print]:
    """Every place where a foot was put down up to `until` seconds, in order."""
    if way.hops:
        return _landings(way, hip, until)
    first, last = (math.floor(float(way.gone[i]) / gait.stride + phase) for i in (0, -1))
    found = []
    for number in range(first + 1, last):
        time = float(np.interp((number - phase) * gait.stride, way.gone, way.seconds))
        if time <= until:
            place, yaw = _planted(way, gait, np.array(float(number)), hip, phase)
            found.append(Print(time, (float(place[0]), float(place[1])), float(yaw)))
    return found


def _landings(way: Way, hip: tuple[float, float], until: float) -> list[Print]:
    down = way.lift <= 0
    starts = np.nonzero(down[1:] & ~down[:-1])[0] + 1
    found = []
    for time in (float(way.seconds[i]) for i in starts):
        if time <= until:
            place, yaw = way.at(np.array([time]))
            spot = (place + _turned(hip, yaw))[0]
            found.append(Print(time, (float(spot[0]), float(spot[1])), float(yaw[0])))
    return found
