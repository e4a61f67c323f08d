"""Data files for fields.sh, and what NumPy finds in those of nngen."""
import json
import struct
import sys

import numpy as np

TYPES = {"U8": "u1", "I8": "i1", "U16": "<u2", "I16": "<i2", "I32": "<i4", "I64": "<i8", "F16": "<f2", "F32": "<f4",
         "F64": "<f8"}


def write(path, arrays, meta=None):
    header, at, data = {"__metadata__": meta} if meta else {}, 0, []
    for name, (dtype, shape, bytes_) in arrays.items():
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [at, at + len(bytes_)]}
        at += len(bytes_)
        data.append(bytes_)
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(data))


def read(path):
    data = open(path, "rb").read()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    meta = header.pop("__metadata__", {})
    return {k: (v["dtype"], v["shape"], data[8 + length + v["data_offsets"][0]:8 + length + v["data_offsets"][1]])
            for k, v in header.items()}, meta


def numbers(array):
    """Any array of a file in double."""
    dtype, shape, data = array
    if dtype == "BF16":
        return (np.frombuffer(data, "<u2").astype(np.uint32) << 16).view(np.float32).reshape(shape).astype(float)
    return np.frombuffer(data, TYPES[dtype]).reshape(shape).astype(float)


def packed(values, dtype):
    """Values that the type holds, as it holds them."""
    if dtype == "BF16":
        return dtype, values.shape, (values.astype("<f4").view(np.uint32) >> 16).astype("<u2").tobytes()
    return dtype, values.shape, values.astype(TYPES[dtype]).tobytes()


def floats(values):
    return "F32", values.shape, values.astype("<f4").tobytes()


def normalised(x, scale, mean, std):
    with np.errstate(all="ignore"):
        return ((x * scale - mean) / std).astype(np.float32)


SPLITS = {"train": 50, "val": 12, "test": 19}


def make():
    random = np.random.default_rng(3)
    for dtype in list(TYPES) + ["BF16"]:
        low, high = {"U8": (0, 256), "I8": (-128, 128)}.get(dtype, (-1000 if "U" not in dtype else 0, 1000))
        raw, plain = {}, {}
        for split, n in SPLITS.items():
            x, z = random.uniform(low, high, (n, 3, 4, 5)), random.uniform(max(low, 0), 100, (n, 6))
            if "F" not in dtype:
                x, z = np.floor(x), np.floor(z)
            x[:, 2] = 7  # a deviation of 0 counts as 1
            raw[split + "/x"], raw[split + "/z"] = packed(x, dtype), packed(z, dtype)
            classes = "U8", (n,), random.integers(0, 3, n).astype("u1").tobytes()
            raw[split + "/class"] = plain[split + "/class"] = classes
        x = numbers(raw["train/x"]) * (1 / 255)
        mean, std = exact(raw["train/x"])
        for split in SPLITS:
            plain[split + "/x"] = floats(normalised(numbers(raw[split + "/x"]), 1 / 255, mean[:, None, None], std[:, None, None]))
            plain[split + "/y"] = floats(normalised(numbers(raw[split + "/z"]), 1.0, np.arange(1.0, 7), 2.0))
        write(f"raw-{dtype}.safetensors", raw)
        write(f"plain-{dtype}.safetensors", plain)


def exact(array):
    """Mean and deviation of each channel as docs/numbers.md states them, to the bit."""
    x = numbers(array)
    mean, std = [], []
    for c in range(x.shape[1]):
        if array[0] == "U8":
            seen = np.bincount(x[:, c].astype(int).ravel(), minlength=256)
            m = 0.0
            for v in range(256):
                m += float(seen[v]) * (v * (1 / 255))
            m /= float(seen.sum())
            squares = 0.0
            for v in range(256):
                off = v * (1 / 255) - m
                squares += float(seen[v]) * off * off
            n = float(seen.sum())
        else:
            m, squares, n = 0.0, 0.0, float(x[:, c].size)
            for v in x[:, c].ravel():
                m += v * (1 / 255)
            m /= n
            for v in x[:, c].ravel():
                squares += (v * (1 / 255) - m) * (v * (1 / 255) - m)
        mean.append(m)
        std.append(np.sqrt(squares / n) if x[:, c].min() < x[:, c].max() else 1.0)
    return np.array(mean), np.array(std)


def check(words, good):
    if not good:
        sys.exit(f"FAILED: {words}")


def meta(weights, data):
    found = read(weights)[1]
    mean, std = exact(read(data)[0]["train/x"])
    check(f"mean {found['input.x.mean']}", json.loads(found["input.x.mean"]) == list(mean))
    check(f"std {found['input.x.std']}", json.loads(found["input.x.std"]) == list(std))
    check("y", json.loads(found["input.y.mean"]) == [1, 2, 3, 4, 5, 6] and json.loads(found["input.y.std"]) == [2] * 6)


def json_(weights):
    found, kept = json.load(sys.stdin)["fields"][0]["normal"], read(weights)[1]
    check(f"info --json: {found}", found == {"scale": 1 / 255, "bytes": False, "mean": json.loads(kept["input.x.mean"]),
                                             "std": json.loads(kept["input.x.std"])})


def strip(weights, to):
    write(to, read(weights)[0])


def spoil(weights, to):
    arrays, kept = read(weights)
    write(to, arrays, {**kept, "input.x.std": "[1,0,1]"})


def channels(weights, to):
    """Numbers of a model with one channel, and a tensor less than fits."""
    arrays, kept = read(weights)
    write(to, arrays, {**kept, "input.x.mean": "[1]", "input.x.std": "[1]"})


def only(data, to):
    write(to, {k: v for k, v in read(data)[0].items() if k.startswith("test/")})


def odd(data, to):
    arrays = {k: v for k, v in read(data)[0].items() if k.startswith("test/")}
    write(to, {"test/ahead": ("U8", (19,), bytes(19)), **arrays})


def vast(to):
    n = 2 ** 21 + 1
    arrays = {"train/class": ("U8", [n], n), "train/x": ("F32", [n, 3, 4, 5], n * 240), "train/z": ("F32", [n, 6], n * 24)}
    header, at = {}, 0
    for name, (dtype, shape, size) in arrays.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(to, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + at)


def weights_(weights, data, to):
    arrays, kept = read(weights)
    samples = read(data)[0]
    with open(to, "wb") as file:
        for name in ("a.weight", "a.bias"):
            file.write(arrays[name][2])
        for key in ("input.x.mean", "input.x.std"):
            file.write(np.array(json.loads(kept[key]), "<f8").tobytes())
        x, z = numbers(samples["test/x"]).astype("u1"), numbers(samples["test/z"]).astype("u1")
        for i in range(len(x)):
            file.write(x[i].tobytes() + z[i].tobytes())


def lines(csv):
    names, *rows = [line.strip().split(",") for line in open(csv)]
    at = [names.index(f"logits_{i}") for i in range(3)]
    want = [",".join(row[i] for i in at) for row in rows]
    have = sys.stdin.read().split()
    check(f"the embedded net: {have[:2]} instead of {want[:2]}", len(want) > 0 and have == want)


def windows():
    random = np.random.default_rng(5)

    def sequences(n):
        return random.normal(2, 3, n).astype("<f4"), random.normal(0, 1, (n + 4, 3)).astype("<f4")

    def samples(series, wide, step):
        n = min((len(series) - 8) // step + 1, (len(series) - 1 - 8) // step + 1, (len(wide) - 2) // step + 1)
        begin = np.arange(n) * step
        return {"x": series[begin[:, None] + np.arange(8)], "w": wide[begin[:, None] + np.arange(2)],
                "y": series[begin + 8][:, None]}

    def both(pieces, long, short):
        write(long, {f"{s}/{k}": floats(v) for s, p in pieces.items() for k, v in zip(("series", "wide"), p)})
        write(short, {f"{s}/{k}": floats(v) for s, p in pieces.items()
                      for k, v in samples(*p, 3 if s == "train" else 8).items()})

    both({"train": sequences(90), "val": sequences(40), "test": sequences(33)}, "long.safetensors", "short.safetensors")
    series, wide = sequences(201)
    write("cut.safetensors", {"train/series": floats(series), "train/wide": floats(wide)})
    cut = {}
    for name, array in (("series", series), ("wide", wide)):
        n = len(array)
        val, test = int(n * 0.2 + 0.5), int(n * 0.25 + 0.5)
        cut[name] = np.split(array, [n - val - test, n - test])
    both({s: (cut["series"][i], cut["wide"][i]) for i, s in enumerate(("train", "val", "test"))}, "unused.safetensors",
         "pieces.safetensors")
    write("few.safetensors", {"train/series": floats(series[:8]), "train/wide": floats(wide)})


{"make": make, "meta": meta, "json": json_, "strip": strip, "spoil": spoil, "channels": channels, "only": only, "odd": odd, "vast": vast, "weights": weights_,
 "lines": lines, "windows": windows}[sys.argv[1]](*sys.argv[2:])
