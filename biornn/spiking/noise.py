"""Standard normal numbers from a counter, for the C++ and the numpy target alike.

Philox2x32 with 7 rounds (Salmon, Moraes, Dror and Shaw 2011, *Parallel random numbers: as easy as 1, 2, 3*, SC '11,
Section 3.3; the 10 rounds of their safety margin would cost a noisy run a fifth more) turns (step, neuron) under a key
into 64 bits. The sum of their 8 bytes, standardised, is the number: an Irwin-Hall distribution of 8 terms, exactly of
mean 0 and variance 1, bounded by 4.9, whose excess kurtosis of -0.15 vanishes in a membrane, which sums many steps.
There is nothing but integer arithmetic up to one last multiplication, so that both targets draw the same numbers bit
for bit, on every processor.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

ROUNDS = 7
MULTIPLIER, WEYL = 0xD256D193, 0x9E3779B9
BYTES = 8
MEAN, VARIANCE = BYTES * 255 / 2, BYTES * (256**2 - 1) / 12
SCALE = float(1 / np.sqrt(VARIANCE))

_LOW = np.uint64(0xFFFFFFFF)


def philox(
    key: int, first: ArrayLike, second: ArrayLike, rounds: int = ROUNDS
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return the two 32-bit words of Philox2x32.

    Parameters
    ----------
    key : int
        32-bit key.
    first, second : array_like of int
        The two 32-bit words of the counter.
    rounds : int
    """
    left, right = np.asarray(first).astype(np.uint64) & _LOW, np.asarray(second).astype(np.uint64) & _LOW
    for number in range(rounds):
        product = np.uint64(MULTIPLIER) * left
        mixed = (product >> np.uint64(32)) ^ np.uint64((key + number * WEYL) & 0xFFFFFFFF)
        left, right = mixed ^ right, product & _LOW
    return left, right


def standard_normal(key: ArrayLike, step: ArrayLike, neuron: ArrayLike) -> NDArray[np.float64]:
    """Return one number for each neuron, of mean 0 and variance 1.

    Parameters
    ----------
    key : int
        Names the stream; one for each trial and bank.
    step, neuron : array_like of int
    """
    first, second = philox(int(np.asarray(key).item()), step, neuron)
    words = np.stack(np.broadcast_arrays(first, second), axis=-1).astype(np.uint32)
    total = words.view(np.uint8).sum(axis=-1, dtype=np.int64)
    return np.asarray((total - MEAN) * SCALE)


# The bytes are summed in pairs, fours and eights inside one word, so that the compiler can vectorise all of it.
CPP = f"""
static inline double standard_normal(uint32_t key, uint32_t step, uint32_t neuron)
{{
    const uint64_t low = 0xFFFFFFFFull;
    uint64_t left = step, right = neuron;
    #pragma GCC unroll {ROUNDS}
    for (uint32_t number = 0; number < {ROUNDS}; number++)
    {{
        const uint64_t product = {MULTIPLIER:#x}ull * (left & low);
        left = (product >> 32) ^ (key + number * {WEYL:#x}u) ^ right;
        right = product;
    }}
    uint64_t sum = (left & low) ^ (right << 32);
    sum = (sum & 0x00FF00FF00FF00FFull) + ((sum >> 8) & 0x00FF00FF00FF00FFull);
    sum += sum >> 16;
    sum += sum >> 32;
    return (double(int64_t(sum & 0xFFFF)) - {MEAN!r}) * {SCALE!r};
}}
"""
