"""Laws of the error-correcting code."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from himmel.provenance.coding import CHECK_BITS, DISTANCE, RATE, Bits, checked, decode, encode, with_check

MESSAGE = 80
messages = st.binary(min_size=MESSAGE // 8, max_size=MESSAGE // 8)


def bits(content: bytes) -> Bits:
    return np.unpackbits(np.frombuffer(content, np.uint8))


def evidence(coded: Bits) -> np.ndarray:
    return 1 - 2 * coded.astype(np.float32)


@given(messages)
def test_what_was_coded_is_read(content: bytes) -> None:
    assert np.array_equal(decode(evidence(encode(bits(content)))), bits(content))


@given(messages, st.sets(st.integers(0, RATE * MESSAGE - 1), max_size=(DISTANCE - 1) // 2))
def test_errors_up_to_half_the_distance_are_corrected(content: bytes, wrong: set[int]) -> None:
    coded = encode(bits(content))
    coded[list(wrong)] ^= 1
    assert np.array_equal(decode(evidence(coded)), bits(content))


@given(messages, st.integers(0, RATE * MESSAGE - 1), st.integers(0, 2**32 - 1))
def test_a_burst_and_weak_noise_are_corrected(content: bytes, start: int, seed: int) -> None:
    coded = encode(bits(content))
    heard = evidence(coded) + np.random.default_rng(seed).normal(0, 0.4, len(coded)).astype(np.float32)
    heard[(start + np.arange(16)) % len(coded)] = 0
    assert np.array_equal(decode(heard), bits(content))


@given(messages, messages)
def test_codewords_are_far_apart_and_add_up(one: bytes, other: bytes) -> None:
    a, b = encode(bits(one)), encode(bits(other))
    assert np.array_equal(a ^ b, encode(bits(one) ^ bits(other)))
    assert one == other or int((a ^ b).sum()) >= DISTANCE


@given(messages, st.integers(0, MESSAGE - 1))
def test_turned_messages_have_turned_codewords(content: bytes, turn: int) -> None:
    turned = np.roll(bits(content), turn)
    assert np.array_equal(encode(turned), np.roll(encode(bits(content)), RATE * turn)), "the code bites its tail"


@given(st.binary(min_size=8, max_size=8), st.integers(0, 63 + CHECK_BITS))
def test_a_wrong_bit_does_not_pass_the_check(content: bytes, place: int) -> None:
    message = with_check(bits(content))
    found = checked(message)
    assert found is not None
    assert np.array_equal(found, bits(content))
    message[place] ^= 1
    assert checked(message) is None
