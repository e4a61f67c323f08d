"""Data sets of the gallery's nets, as {split: {field: tensor}}, normalised as the architectures say. MNIST lies in the
folder $NNGEN_DATA; others are files that `nngen data` or tools/gallery-data has made (docs/gallery.md has the commands)."""

import gzip
import os
import sys

import numpy as np
import torch

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/pytorch"))
from tensors import read_tensors

MNIST_VALIDATION = 5000  # the last images of the training file, as nngen's programs take them


def idx(path):
    data = gzip.open(path).read()
    sizes = [int.from_bytes(data[4 + 4 * i:8 + 4 * i], "big") for i in range(data[3])]
    return torch.from_numpy(np.frombuffer(data, np.uint8, offset=4 + 4 * len(sizes)).reshape(sizes).copy())


def mnist(_):
    folder, files = os.environ["NNGEN_DATA"], {}
    for split, name in (("train", "train"), ("test", "t10k")):
        files[split] = {"image": idx(f"{folder}/{name}-images-idx3-ubyte.gz")[:, None],
                        "digit": idx(f"{folder}/{name}-labels-idx1-ubyte.gz").long()}
    files["val"] = {name: values[-MNIST_VALIDATION:] for name, values in files["train"].items()}
    files["train"] = {name: values[:-MNIST_VALIDATION] for name, values in files["train"].items()}
    return files


def from_file(path):
    """Class indices become long; images stay bytes."""
    sets = {}
    for name, array in read_tensors(path).items():
        split, field = name.split("/")
        tensor = torch.from_numpy(array.copy())
        sets.setdefault(split, {})[field] = tensor.long() if tensor.dtype == torch.uint8 and tensor.dim() == 1 else tensor
    return sets


def standardised(sets, *names):
    """Mean 0 and deviation 1 of each channel or column over the training split; several fields have one of both."""
    train = torch.cat([sets["train"][name] for name in names]).double()
    axes = [0, 2, 3] if train.dim() == 4 else [0]
    mean, deviation = train.mean(axes, keepdim=True), train.std(axes, unbiased=False, keepdim=True)
    for split in sets.values():
        for name in names:
            split[name] = ((split[name].double() - mean) / deviation).float()
    return sets


def scaled(sets, name, scale, mean=0.0):
    for split in sets.values():
        split[name] = (split[name].double() * scale - mean).float()
    return sets


def windows(path, length=64):
    """Of a long text: every one of the training split, those of others side by side."""
    sets = {}
    for split, values in from_file(path).items():
        long = values["text"]
        first = torch.arange(0, len(long) - length, 1 if split == "train" else length)
        sets[split] = {"text": long.unfold(0, length, 1)[first], "next": long[1:].unfold(0, length, 1)[first]}
    return sets


# By name: the file, None for MNIST's, and the function that reads it.
SETS = {
    "mnist": (None, lambda path: standardised(mnist(path), "image")),
    "mnist-01": (None, lambda path: scaled(mnist(path), "image", 1 / 255)),
    "mnist-11": (None, lambda path: scaled(mnist(path), "image", 1 / 127.5, 1)),
    "pairs": ("pairs.safetensors", lambda path: standardised(from_file(path), "left", "right")),
    "cifar10": ("cifar10.safetensors", lambda path: standardised(from_file(path), "image")),
    "pasted": ("pasted.safetensors", lambda path: standardised(from_file(path), "image")),
    "diamonds": ("diamonds.safetensors", lambda path: standardised(from_file(path), "features")),
    "text": ("text.safetensors", windows),
}
