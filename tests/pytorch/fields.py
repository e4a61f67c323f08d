"""Data for a graph's fields: what the file holds, and the values that the net gets of it."""

import numpy as np
import torch


def is_field(node):
    return node.op in ("input", "target", "label")


class Fields:
    """Random samples: `arrays` are those of a data file, by field; real values are floats, class indices whole. Every
    other image has an empty half, as digits have an empty ground: its pools have exact ties."""

    def __init__(self, graph, count, seed):
        self.graph, self.nodes = graph, {n.name: n for n in graph.nodes.values() if is_field(n)}
        random = np.random.RandomState(seed)
        positive = {i for n in graph.of_op("log") + graph.of_op("sqrt") for i in n.inputs}
        self.arrays = {}
        for name, n in sorted(self.nodes.items()):
            shape = (count, *n.type.shape)
            window = graph.array.get(name, {})
            if window.get("windows"):
                rest = n.type.shape[1:]
                longest = max(self.reach(other) for other in self.nodes)
                shape = ((count - 1) * window["windows"] + longest, *rest)
            array = window.get("array", name)
            if array in self.arrays:
                continue
            self.arrays[array] = (random.randint(0, n.type.classes, shape).astype(np.int32) if n.type.classes
                                  else random.normal(size=shape).astype(np.float32))
            if n.id in positive:
                self.arrays[array] = 0.5 + np.abs(self.arrays[array])
            if n.op == "input" and len(shape) == 4:
                self.arrays[array][::2, ..., shape[-1] // 2:] = 0

    def reach(self, name):
        """Places of a long sequence that a sample of the field extends over."""
        n, window = self.nodes[name], self.graph.array.get(name, {})
        return window.get("offset", 0) + (n.type.shape[0] if n.type.shape else 1)

    def take(self, chosen):
        """Keeps those samples."""
        if not self.graph.windows:
            self.arrays = {name: array[chosen] for name, array in self.arrays.items()}
        return self

    def tensors(self):
        """What a data file for training has."""
        return {"train/" + name: array for name, array in self.arrays.items()}

    def values(self, samples):
        """The first samples' values, by the ids of nodes: normalised, doubles or whole numbers."""
        out = {}
        for id, n in ((n.id, n) for n in self.graph.nodes.values() if is_field(n)):
            window = self.graph.array.get(n.name, {})
            array = self.arrays[window.get("array", n.name)]
            array = normalised(self.graph.normal.get(n.name), array, n)
            if window.get("windows"):
                length = n.type.shape[0] if n.type.shape else 1
                starts = [i * window["windows"] + window["offset"] for i in range(samples)]
                array = np.stack([array[start:start + length] for start in starts])
            array = array[:samples].reshape(samples, *n.type.shape)
            out[id] = torch.tensor(array.astype(np.int64 if n.type.classes else np.float64))
        return out


def per_channel(text, measured, none, axis, rank):
    """A mean or deviation as an array that broadcasts: `train`, `2:0.5,0.25` or `0:`, none."""
    if text != "train":
        measured = np.array([float(value or none) for value in text.split(":")[1].split(",")])
    return measured.reshape([-1 if i == axis else 1 for i in range(rank)])


def normalised(normal, array, node):
    """As docs/numbers.md has it under "Fields"; floats of a field that is normalised as bytes are taken as they are."""
    if not normal or normal["bytes"] == "1":
        return array
    rank = array.ndim
    axis = 1 if len(node.type.shape) == 3 else rank - 1
    scaled = array.astype(np.float64) * float(normal["scale"])
    others = tuple(i for i in range(rank) if i != axis)
    mean = per_channel(normal["mean"], scaled.mean(others), 0, axis, rank)
    about = scaled.mean(others, keepdims=True)
    deviation = np.sqrt(((scaled - about) ** 2).mean(others))
    deviation = per_channel(normal["deviation"], np.where(deviation == 0, 1, deviation), 1, axis, rank)
    return ((scaled - mean) / deviation).astype(np.float32)
