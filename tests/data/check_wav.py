"""Sounds that Python and sox write, and what nngen data must make of them: check_wav.py make, or check."""
import os
import sys
import wave

import numpy as np

from safetensors import load, same

RATE, SAMPLES = 8000, 1600


def sound(seed, width, channels=2):
    rng = np.random.default_rng(seed)
    t = np.arange(SAMPLES)[:, None] / RATE
    values = np.sin(2 * np.pi * rng.uniform(100, 3000, channels) * t) * 0.7 + rng.uniform(-0.2, 0.2, (SAMPLES, channels))
    return np.round(values * (2 ** (8 * width - 1) - 1)).astype("int64")


def write(path, values, width):
    with wave.open(path, "wb") as w:
        w.setnchannels(values.shape[1])
        w.setsampwidth(width)
        w.setframerate(RATE)
        if width == 1:
            values = values + 128
        w.writeframes(b"".join(int(v).to_bytes(width, "little", signed=width > 1) for v in values.ravel()))


def reference(values, bands):
    """Spectrograms, by NumPy's transform."""
    window, hop = RATE // 40, RATE // 100
    size = 256
    mono = values.astype("float64").mean(0)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    frames = [mono[at:at + window] * hann for at in range(0, len(mono) - window + 1, hop)]
    power = np.abs(np.fft.rfft(frames, size)) ** 2
    mel = np.linspace(0, 2595 * np.log10(1 + RATE / 2 / 700), bands + 2)
    edges = 700 * (10 ** (mel / 2595) - 1)
    f = np.arange(size // 2 + 1) * RATE / size
    up = (f[None] - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    down = (edges[2:, None] - f[None]) / (edges[2:] - edges[1:-1])[:, None]
    return np.log(np.maximum(0, np.minimum(up, down)) @ power.T + 1e-6)


if sys.argv[1] == "make":
    seed = 0
    for split, count in ("train", 8), ("val", 2):
        for name in "no", "yes":
            os.makedirs(f"set/{split}/{name}")
            for i in range(count):
                write(f"set/{split}/{name}/{i}.wav", sound(seed, i % 4 + 1), i % 4 + 1)
                seed += 1
else:
    seed = 0
    raw, meta = load("set.safetensors")
    mel, _ = load("mel.safetensors")
    cut, _ = load("cut.safetensors")
    assert meta == {"classes.class": ["no", "yes"], "rate.audio": RATE}, meta
    for split, count in ("train", 8), ("val", 2):
        row = 0
        for label in range(2):
            for i in range(count):
                width = i % 4 + 1
                want = (sound(seed, width).T / 2.0 ** (8 * width - 1)).astype("float32")
                same(raw[split + "/audio"][row], want, f"{split} {row}")
                same(cut[split + "/audio"][row], want[:, :1000], f"{split} {row}, cut")
                have = mel[split + "/audio"][row]
                assert have.shape == (12, 18) and np.abs(have - reference(want, 12)).max() < 1e-4, have
                assert raw[split + "/class"][row] == label
                row += 1
                seed += 1
    long, _ = load("long.safetensors")
    assert (long["train/audio"][:, :, SAMPLES:] == 0).all() and long["train/audio"].shape == (16, 2, 2000)
