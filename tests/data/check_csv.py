"""Tables that pandas writes, and what nngen data must make of them: check_csv.py make, or check."""
import sys

import numpy as np
import pandas as pd

from safetensors import load, same

MISSING = "(missing)"


def table(seed, rows):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({
        "whole": rng.integers(-1000, 1000, rows),
        "kind": rng.choice(["b, c", 'a "quoted" one', "two\nlines", "ä", "Z", None], rows),
        "real": rng.normal(0, 1e5, rows).astype("float32"),
        "holes": np.where(rng.random(rows) < 0.2, np.nan, rng.normal(3, 2, rows)),
        "yes": rng.choice(["yes", "No", "TRUE", "false"], rows),
        "words": rng.choice(["some", "text", "1"], rows),
        "bool": rng.random(rows) < 0.5,
        "size": rng.choice([2, 10, 1.5, 33, np.nan], rows),
        "nothing": np.nan,
        "class": rng.choice(["x", "y"], rows),
        "goal": rng.normal(0, 1, rows),
    })
    return frame


def order(names):
    """Numbers by value, then others by their bytes."""
    def key(name):
        try:
            return (0, float(name), b"")
        except ValueError:
            return (1, 0, name.encode())
    return sorted(names, key=key)


def check_split(arrays, meta, split, frame, mean):
    holes = frame["holes"].isna()
    words = {"yes": 1, "no": 0, "true": 1, "false": 0}
    columns = {"whole": frame["whole"], "real": frame["real"], "holes": frame["holes"].fillna(mean),
               "yes": frame["yes"].map(lambda word: words[word.lower()]), "bool": frame["bool"].astype(int),
               "holes_missing": holes.astype(int)}
    assert meta["columns.features"] == list(columns), meta
    have = arrays[split + "/features"]
    for i, (name, values) in enumerate(columns.items()):
        same(have[:, i], values.to_numpy().astype("float64").astype("float32"), split + "/" + name)
    for name in "kind", "size", "class":
        texts = [MISSING if pd.isna(v) else "%g" % v if name == "size" else v for v in frame[name]]
        classes = meta["classes." + name]
        assert classes == order(classes), classes
        index = np.array([classes.index(text) for text in texts], "uint8")
        same(arrays[f"{split}/{name}"], index, f"{split}/{name}")
    same(arrays[split + "/goal"], frame["goal"].to_numpy().astype("float32")[:, None], split + "/goal")


def write(frame, path, **options):
    frame = frame.copy()
    frame["size"] = frame["size"].map(lambda v: "" if pd.isna(v) else "%g" % v)
    frame.to_csv(path, index=False, **options)


if sys.argv[1] == "make":
    write(table(1, 400), "one.csv")
    write(table(1, 400), "one.tsv", sep="\t")
    write(table(1, 400), "semicolons.csv", sep=";", quoting=2, lineterminator="\r\n", encoding="utf-8-sig")
    write(table(1, 400), "train.csv")
    write(table(2, 90)[sorted(table(2, 90).columns)], "test.csv")
elif sys.argv[1] == "check":
    arrays, meta = load("one.safetensors")
    frame = table(1, 400)
    mean = meta["missing.features"]["holes"]
    assert abs(mean - frame["holes"].mean()) < 1e-12, (mean, frame["holes"].mean())
    assert meta["classes.size"] == ["1.5", "2", "10", "33", MISSING], meta
    assert MISSING in meta["classes.kind"], meta
    check_split(arrays, meta, "train", frame, mean)
    arrays, meta = load("both.safetensors")
    check_split(arrays, meta, "train", frame, mean)
    check_split(arrays, meta, "test", table(2, 90), mean)
    # The mean is that of the rows that train.
    arrays, meta = load("cut.safetensors")
    columns = meta["columns.features"]
    train = arrays["train/features"]
    real = train[:, columns.index("holes_missing")] == 0
    mean = train[real, columns.index("holes")].astype("float64").mean()
    assert abs(mean - meta["missing.features"]["holes"]) < 1e-6, (mean, meta)
    for split in "train", "val":
        part = arrays[split + "/features"]
        filled = part[part[:, columns.index("holes_missing")] == 1, columns.index("holes")]
        assert len(filled) and (filled == np.float32(meta["missing.features"]["holes"])).all(), filled
    assert len(arrays["val/class"]) == 100, len(arrays["val/class"])
    together = np.concatenate([arrays["train/goal"], arrays["val/goal"]])
    same(np.sort(together, 0), np.sort(table(1, 400)["goal"].to_numpy().astype("float32")[:, None], 0), "rows")
    # New data with the earlier mean and classes.
    arrays, meta = load("like.safetensors")
    _, earlier = load("cut.safetensors")
    assert meta == earlier, (meta, earlier)
    check_split(arrays, meta, "test", table(2, 90), earlier["missing.features"]["holes"])
