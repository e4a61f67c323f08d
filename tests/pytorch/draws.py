"""Random values, and decisions of dropout and augmentation: a counter put through a hash, as docs/numbers.md has it under
"Draws". Written from that page, in NumPy."""

import numpy as np

MASK32, MASK64 = (1 << 32) - 1, (1 << 64) - 1


def fin(x):
    x ^= x >> 33
    x = x * 0xff51afd7ed558ccd & MASK64
    x ^= x >> 33
    x = x * 0xc4ceb9fe1a85ec53 & MASK64
    return x ^ x >> 33


def mix(x):
    """Of an array of 32-bit words."""
    x = x.astype(np.uint64)
    x ^= x >> np.uint64(16)
    x = x * np.uint64(0x7feb352d) & np.uint64(MASK32)
    x ^= x >> np.uint64(15)
    x = x * np.uint64(0x846ca68b) & np.uint64(MASK32)
    return x ^ x >> np.uint64(16)


def key_of(seed, stream, use, step):
    return fin(fin(fin((seed + 0x9e3779b97f4a7c15) & MASK64) ^ step) ^ (use << 32 | stream)) >> 32


def words(key, index):
    """The words of that index: an array of whole numbers."""
    index = np.asarray(index).astype(np.uint64) & np.uint64(MASK32)
    return mix(index * np.uint64(0x9E3779B1) & np.uint64(MASK32) ^ np.uint64(key))


def threshold(p):
    return int(p * 65536 + 0.5)


def kept(key, sample, elements, element, p):
    """Whether dropout keeps these elements, of `elements`, of a sample; a word decides over two."""
    count = (elements + 31) // 32 * 16
    word = words(key, sample * count + element // 32 * 16 + element % 16)
    half = np.where(element // 16 % 2, word >> np.uint64(16), word & np.uint64(0xffff))
    return half >= threshold(p)


def move(key, sample, p):
    """Whether a flip, crop or erased square happens, and a function that picks a place of it."""
    drawn = [int(word) for word in words(key, sample * 3 + np.arange(3))]
    return drawn[0] >> 16 < threshold(p), lambda i, count: drawn[i] * count >> 32


def bits(key, index):
    """24 bits of words."""
    return (words(key, index) >> np.uint64(8)).astype(np.float64)


def uniform(key, first, element):
    return bits(key, first + element) / 2 ** 24


def normal(key, first, element):
    """Elements 16 apart are a pair of G. Box and M. Muller."""
    index = first + element // 32 * 32 + element % 16
    angle = 2 * np.pi * (bits(key, index + 16) / 2 ** 24 - 0.5)
    return np.sqrt(-2 * np.log((bits(key, index) + 1) / 2 ** 24)) * np.where(element // 16 % 2, np.sin(angle), np.cos(angle))


def splitmix(x):
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9 & MASK64
    x = (x ^ x >> 27) * 0x94d049bb133111eb & MASK64
    return x ^ x >> 31


def fork(key, n):
    return splitmix(splitmix((key + 0x9e3779b97f4a7c15) & MASK64) ^
                    (n * 0xd1342543de82ef95 + 0x2545f4914f6cdd1d & MASK64))


def training_seed(seed, phase):
    """The seed of the draws in a phase, from 0, of a program's training (runtime/random.c)."""
    hashed = 0xcbf29ce484222325
    for letter in b"dropout":
        hashed = (hashed ^ letter) * 0x100000001b3 & MASK64
    return fork(fork(splitmix(seed), hashed), phase)
