"""Tones: ten synthetic words of two-formant glides, heard through a filter bank."""

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from biornn.core import checks
from biornn.core.seeds import generator
from biornn.tasks.base import Array
from biornn.tasks.labelled import Labelled

VOWELS = {"i": (300.0, 2200.0), "e": (550.0, 1750.0), "a": (800.0, 1200.0), "u": (320.0, 800.0)}
"""First and second formant of each vowel in Hz, rounded means of men and women (Peterson & Barney 1952)."""

WORDS = ("iaue", "iaei", "auia", "auei", "uiue", "uiau", "eaui", "eaia", "ueau", "ueui")
"""The word of each class: four vowels, so three glides. Any two words that begin alike end differently, and every
beginning and every end belongs to two words: it takes a memory of the beginning to know the word at its end."""

RATE, WINDOW, HOP, PADDED = 8000, 200, 80, 256
"""Samples a second, and samples in a frame (25 ms), from one frame to the next (10 ms) and in its Fourier transform."""

BANDS, LOWEST, HIGHEST = 16, 150.0, 3000.0
"""Number of bands, and the lowest and highest centre in Hz."""

VOICES = 2**31
"""Index of the random stream of the first utterance; streams that draw trials have lower ones."""


@dataclass(frozen=True, kw_only=True)
class Tones(Labelled):
    """Ten synthetic words of three two-formant glides by many voices in noise; see `Labelled` for other settings.

    The class is a fixed sequence of four vowels (`WORDS`). A voice has its own tempo (glides of 110 to 170 ms), pitch
    (90 to 220 Hz), length of the vocal tract (formants up to 10 % up or down) and loudness (6 dB up or down), all
    uniform, pitch and tempo in their logarithm. The sound passes 16 bands shaped like gammatone filters with centres
    from 150 to 3000 Hz, a fixed ratio apart; symbol n is ``log10(1 + energy)`` of each in the 25 ms from 10 n ms
    on, 0 in silence, about 0.7 in the noise and 1 to 2 at a formant. With the default step and hold it is heard at the
    speed of speech, 30 to 49 symbols long. The word is asked for at its last step.

    Utterance k says word k mod 10, whatever their number, and has its own random stream.

    Parameters
    ----------
    utterances : int
        Number of utterances S, 20 to 100,000; about 1.5 ms of work each.
    noise : float
        SD of white noise over that of a voice of mean loudness, 0 to 10.
    voices : int
        Seed of the voices and the noise.

    Raises
    ------
    InputError
        A number of utterances, noise or seed outside its range, or what `Labelled` refuses.
    """

    utterances: int = 600
    noise: float = 2.0
    voices: int = 0
    hold_steps: int = 1
    name: ClassVar[str] = "tones"
    inputs: ClassVar[int] = BANDS
    outputs: ClassVar[int] = len(WORDS)

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "utterances", checks.count("Tones.utterances", self.utterances, 20, 100_000))
        put(self, "noise", checks.number("Tones.noise", self.noise, 0, 10, "it is relative to the voice"))
        put(self, "voices", checks.count("Tones.voices", self.voices, 0, 2**63))
        super().__post_init__()

    @property
    def size(self) -> int:
        """Number of utterances."""
        return self.utterances

    def labelled(self) -> tuple[list[Array], NDArray[np.int64]]:
        """Return the energies of each utterance, (L_i, 16), and its word."""
        labels = np.arange(self.utterances) % len(WORDS)
        return list(heard(self.utterances, self.noise, self.voices)), labels


@lru_cache(maxsize=4)
def heard(utterances: int, noise: float, seed: int) -> tuple[Array, ...]:
    """Return the energies of the first so many utterances, (L_i, 16) each."""
    streams = [generator(seed, "task", VOICES + k) for k in range(utterances)]
    found = []
    for k, stream in enumerate(streams):
        sound = utterance(WORDS[k % len(WORDS)], stream)
        found.append(energies(sound + noise * stream.standard_normal(sound.size)))
    return tuple(found)


def utterance(word: str, stream: np.random.Generator) -> Array:
    """Return the sound of a word by a voice of its own, 8000 samples a second, mean power 1 at mean loudness.

    Harmonics of a falling pitch through two resonances in parallel (after Klatt 1980, J. Acoust. Soc. Am. 67:971).

    Parameters
    ----------
    word : str
        Vowels, keys of `VOWELS`.
    stream : Generator
        Decides the voice.
    """
    glide, pitch = np.exp(stream.uniform(np.log((0.11, 90.0)), np.log((0.17, 220.0))))
    tract, loudness = stream.uniform(0.9, 1.1), 10 ** (stream.uniform(-6.0, 6.0) / 20)
    duration = (len(word) - 1) * glide
    time = np.arange(round(duration * RATE)) / RATE
    # Formants and pitch move slowly: they are computed every 5 ms and interpolated.
    knots = np.linspace(0.0, duration, round(duration / 0.005) + 1)
    targets = tract * np.array([VOWELS[vowel] for vowel in word])
    formants = [np.interp(knots, glide * np.arange(len(word)), targets[:, index]) for index in range(2)]
    falling = pitch * (1 - 0.15 * knots / duration)
    turn = np.exp(2j * np.pi * np.cumsum(np.interp(time, knots, falling)) / RATE)
    harmonic, sound = np.ones_like(turn), np.zeros(time.size)
    for number in range(1, int(HIGHEST / pitch) + 1):
        harmonic *= turn
        gain = sum(
            weight / np.hypot(1.0, (number * falling - formant) / width)
            for formant, weight, width in zip(formants, (1.0, 0.7), (60.0, 90.0), strict=True)
        )
        sound += np.interp(time, knots, gain) * harmonic.imag
    # 20 ms of rise and fall.
    sound *= np.clip(np.minimum(time, duration - time) / 0.02, 0.0, 1.0)
    return np.asarray(loudness * sound / sound.std())


def energies(sound: Array) -> Array:
    """Return log10(1 + energy) of the bands every 10 ms, (L, 16), of a sound of at least 25 ms.

    The bands have the power response of a gammatone filter of order 4, whose width follows from the equivalent
    rectangular bandwidth ``24.7 + 0.108 f`` Hz (Glasberg & Moore 1990, Hear. Res. 47:103).
    """
    window = np.hanning(WINDOW)
    frames = np.lib.stride_tricks.sliding_window_view(sound, WINDOW)[::HOP] * window
    power = np.abs(np.fft.rfft(frames, PADDED, axis=1)) ** 2 / (window**2).sum()
    return np.asarray(np.log10(1 + power @ filters().T))


@lru_cache(maxsize=1)
def filters() -> Array:
    """Return the share of each Fourier bin's power that passes each band, (16, 129); bands sum to 1."""
    centre = np.geomspace(LOWEST, HIGHEST, BANDS)[:, None]
    frequency = np.fft.rfftfreq(PADDED, 1 / RATE)
    response = (1 + ((frequency - centre) / (1.019 * (24.7 + 0.108 * centre))) ** 2) ** -4.0
    result: Array = response / response.sum(axis=1, keepdims=True)
    result.setflags(write=False)
    return result
