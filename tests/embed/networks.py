"""networks.py NAME SAMPLES [FOLDER]: trains on.so for a few steps, exports with the program ./NAME, and compares ONNX
Runtime with on.so and off.so, the same network with and without Winograd's algorithm. Samples are those of the data
file in FOLDER that has the fields, test first, else random."""

import glob
import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import onnx
import onnxruntime

import nngen

PART, TIE = 100, 1e-4
BOUNDS = {"on": 5e-5, "off": 1e-5}  # of the largest value
TYPES = {"U8": np.uint8, "F32": np.float32, "I32": np.int32, "I64": np.int64}


def read_set(path):
    """Arrays by split and name, where they lie in the file."""
    with open(path, "rb") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
    data = np.memmap(path, np.uint8, "r", 8 + size)
    return {name: data[slice(*t["data_offsets"])].view(TYPES[t["dtype"]]).reshape(t["shape"])
            for name, t in header.items() if name != "__metadata__"}


def windows(array, length, n):
    """n windows, whose places are spread over a long sequence."""
    places = np.linspace(0, len(array) - length, n).astype(int)
    return array[places[:, None] + np.arange(length)]


def spread(array, n):
    """n samples from all over an array: some sets have their classes one after the other."""
    return array[np.linspace(0, len(array) - 1, max(0, min(n, len(array)))).astype(int)]


def samples_of(arrays, field, split, n):
    """Samples of the field, of these splits; None where a split has no such array."""
    name = "text" if field.name == "next" else field.name
    if name == "pair":
        two = [samples_of(arrays, replace(field, name=side, shape=(1, *field.shape[1:])), split, n)
               for side in ("left", "right")]
        return None if two[0] is None else np.concatenate(two, axis=1)
    found = [arrays[f"{part}/{name}"] for part in split if f"{part}/{name}" in arrays]
    if not found:
        return None
    if field.shape and found[0].ndim == 1:
        shift = int(field.name == "next")
        length = field.shape[0]
        return np.ascontiguousarray(windows(found[0], length + 1, n)[:, shift:shift + length])
    joined = np.concatenate([spread(a, n - sum(map(len, found[:i]))) for i, a in enumerate(found)])
    return joined.reshape(-1, *field.shape) if joined[0].size == np.prod(field.shape, dtype=int) else None


def idx(name, skip):
    import gzip
    data = gzip.open(os.path.join(os.environ["NNGEN_DATA"], f"{name}-ubyte.gz")).read()
    return np.frombuffer(data, np.uint8, offset=skip)


def sets(folder):
    """The data sets there are, each as arrays by split and name."""
    if folder:
        yield from map(read_set, sorted(glob.glob(os.path.join(folder, "*.safetensors"))))
    if folder and os.environ.get("NNGEN_DATA"):
        yield {f"{split}/{name}": idx(f"{file}-{kind}", skip).reshape(shape)
               for split, file in (("train", "train"), ("test", "t10k"))
               for name, kind, skip, shape in (("image", "images-idx3", 16, (-1, 1, 28, 28)),
                                               ("digit", "labels-idx1", 8, (-1,)))}


def drawn(rng, field, n):
    if field.kind == "label":
        return rng.integers(0, field.classes, (n, *field.shape)).astype(np.int32)
    return rng.integers(0, 256, (n, *field.shape)).astype(np.uint8)


def find(model, folder, n):
    """Samples to train on and to ask, and whether they are real. Labels that no file has are drawn: what is learned
    of them is none of the comparison's."""
    rng, read = np.random.default_rng(1), [f for f in model.fields.values() if f.predicts]
    trained = 2 * max(64, *(phase["batch"] for phase in model._about["phases"]), 0)
    for arrays in sets(folder):
        asked = {f.name: samples_of(arrays, f, ("test", "val", "train"), n) for f in read}
        if all(value is not None for value in asked.values()):
            train = {f.name: samples_of(arrays, f, ("train",), trained) for f in model.fields.values()}
            train = {name: drawn(rng, model.fields[name], trained) if value is None else value
                     for name, value in train.items()}
            return train, asked, True
    return ({f.name: drawn(rng, f, trained) for f in model.fields.values()},
            {f.name: drawn(rng, f, n) for f in read}, False)


def for_onnx(value, kind):
    return np.ascontiguousarray(value, {"tensor(int64)": np.int64, "tensor(uint8)": np.uint8}.get(kind, np.float32))


class Comparison:
    """What differs between a library and ONNX Runtime, over all samples."""

    def __init__(self, bound):
        self.bound, self.worst, self.most = bound, {}, {}
        self.others = self.clear = self.answers = 0
        self.classes = set()

    def add(self, own, other):
        near = None
        for name, value in own.items():
            if value.dtype != np.int64:
                value, there = value.reshape(len(value), -1), other[name].reshape(len(value), -1)
                self.worst[name] = max(self.worst.get(name, 0), float(np.abs(value - there).max()))
                self.most[name] = max(self.most.get(name, 0), float(np.abs(value).max()))
        for name, value in own.items():
            if name.startswith("scores_"):
                shape = other[name].shape
                two = np.sort(value.reshape(len(value), shape[1], -1), axis=1)[:, -2:]
                close = two[:, 1] - two[:, 0] <= TIE
                near = close if near is None else near | close
        for name, value in own.items():
            if value.dtype == np.int64:
                differs = (value.reshape(len(value), -1) != other[name].reshape(len(value), -1))
                self.answers += differs.size
                self.classes.update(np.unique(value))
                self.others += int(differs.sum())
                self.clear += int((differs & ~near.reshape(differs.shape)).sum())

    def error(self):
        return max((self.worst[name] / max(self.most[name], 1e-30) for name in self.worst), default=0.0)

    def ok(self):
        return self.clear == 0 and self.error() <= self.bound


def main():
    name, n, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else None
    models = {which: nngen.load(f"./{which}.so") for which in BOUNDS}
    train, asked, real = find(models["on"], folder, n)
    steps = {"steps": 8} if models["on"]._about["phases"][0]["steps"] else {"epochs": 2}
    models["on"].train(train, seed=1, **steps)
    models["on"].save("weights.safetensors")
    models["off"].load("weights.safetensors")
    subprocess.run([f"./{name}", "export", "--load", "weights.safetensors", "--onnx", "net.onnx"], check=True)
    onnx.checker.check_model(onnx.load("net.onnx"), full_check=True)
    onnxruntime.set_default_logger_severity(3)
    session = onnxruntime.InferenceSession("net.onnx")
    kinds = {i.name: i.type for i in session.get_inputs()}
    outputs = [o.name for o in session.get_outputs()]
    n = min(len(value) for value in asked.values())
    found = {which: Comparison(bound) for which, bound in BOUNDS.items()}
    for first in range(0, n, PART):
        part = {field: value[first:first + PART] for field, value in asked.items()}
        other = dict(zip(outputs, session.run(outputs, {field: for_onnx(part[field], kinds[field]) for field in kinds})))
        own_part = {field: np.ascontiguousarray(value) for field, value in part.items()}
        for which, model in models.items():
            found[which].add(model.predict(**own_part), other)
    print(f"{name}: {n} {'real' if real else 'random'} samples;", "; ".join(
        f"--winograd={which}: error {c.error():.1e}, {c.others} of {c.answers} answers differ, "
        f"{c.clear} clearly, of {len(c.classes)} classes"
        for which, c in found.items()), flush=True)
    return 0 if all(c.ok() for c in found.values()) else 1


sys.exit(main())
