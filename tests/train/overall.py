"""The table of tests/train/overall.sh, and the metrics of tests/models/scores.lua in NumPy:
overall.py make, or overall.py check LINES TABLE JSON."""
import csv
import json
import sys

import numpy as np


def make(path, rows, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 6))
    t = x[:, 0] - 0.5 * x[:, 1] + 3 + rng.normal(size=rows)
    b = x[:, 2] + 0.3 * rng.normal(size=rows) > 0.4
    l = np.argmax(x[:, 3:] + rng.normal(size=(rows, 3)), 1)
    with open(path, "w") as f:
        writer = csv.writer(f, lineterminator="\n")
        writer.writerow(["x%d" % i for i in range(6)] + ["t", "b", "l"])
        writer.writerows([*("%.6g" % v for v in x[i]), "%.6g" % t[i], int(b[i]), int(l[i])] for i in range(rows))


def columns(path, *names):
    with open(path) as f:
        rows = list(csv.DictReader(f))
    return [np.array([float(row[name]) for row in rows], np.float32).astype(np.float64) for name in names]


def metrics(lines, table):
    y, z, *a = columns(lines, "y", "z", "a_0", "a_1", "a_2")
    t, b, l = columns(table, "t", "b", "l")
    a, l = np.stack(a, 1), l.astype(int)
    yes, p = z > 0, 1 / (1 + np.exp(-z))
    both, error = np.mean(yes * b), np.mean((y - t) ** 2)
    entropy = np.mean(np.log(np.exp(a).sum(1)) - a[np.arange(len(l)), l])
    log_p = np.mean(np.log(np.where(b == 1, p, 1 - p)))
    right = (a >= 0) == (l[:, None] == np.arange(3))
    return {"error": error, "part": right.mean(), "exact": right.all(1).mean(), "accuracy": np.mean(a.argmax(1) == l), "r2": 1 - error / t.var(), "rmse": error ** 0.5,
            "relative": error / np.mean(t ** 2),
            "deviation": t.std(), "f1": 2 * both / (yes.mean() + b.mean()),
            "iou": both / (yes.mean() + b.mean() - both), "perplexity": np.exp(-log_p),
            "class_perplexity": np.exp(entropy)}, error - log_p + entropy


if sys.argv[1] == "make":
    make("train.csv", 100, 1)
    make("test.csv", 700, 2)
else:
    want, loss = metrics(*sys.argv[2:4])
    with open(sys.argv[4]) as f:
        have = json.load(f)
    have["metrics"]["loss"], want["loss"] = have["loss"], loss
    off = {name: abs(have["metrics"][name] / want[name] - 1) for name in want}
    if sorted(have["metrics"]) != sorted(want) or max(off.values()) > 2e-6:
        sys.exit("have %s\nwant %s\noff %s" % (have["metrics"], want, off))
