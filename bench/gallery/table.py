#!/usr/bin/env python3
"""Prints the results of the gallery as a table in Markdown: the mean over seeds of nngen's programs and of PyTorch, the
deviation of PyTorch's seeds, processor seconds of a training.

usage: bench/gallery/table.py [--write]    (puts it into docs/gallery.md)"""

import glob
import json
import math
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PAGE = os.path.join(HERE, "../../docs/gallery.md")
BEGIN, END = "<!-- results -->\n", "<!-- end of results -->\n"
PERCENT = {"accuracy", "teacher", "all_four"}


def mean(values):
    return sum(values) / len(values)


def deviation(values):
    return math.sqrt(sum((v - mean(values)) ** 2 for v in values) / (len(values) - 1)) if len(values) > 1 else None


def number(metric, value):
    return f"{100 * value:.2f} %" if metric in PERCENT else f"{value:.4f}"


def cell(runs, metric):
    values = [run[metric] for run in runs if metric in run]
    if not values:
        return "–"
    spread = deviation(values)
    text = number(metric, mean(values))
    return f"{text} ± {number(metric, spread)} ({len(values)})" if spread is not None else f"{text} (1)"


def seconds(runs):
    values = [run["seconds"] for run in runs if "seconds" in run]
    return f"{mean(values):.0f}" if values else "–"


def rows():
    for path in sorted(glob.glob(os.path.join(HERE, "results", "*.json"))):
        table = json.load(open(path))
        ours, reference = (table.get(side, {}).get("runs", []) for side in ("nngen", "pytorch"))
        metrics = {name for run in ours + reference for name in run} - {"seed", "seconds"}
        for i, metric in enumerate(sorted(metrics)):
            net = os.path.splitext(os.path.basename(path))[0]
            times = (seconds(ours), seconds(reference)) if i == 0 else ("", "")
            yield (f"`{net}`" if i == 0 else "", metric, cell(ours, metric), cell(reference, metric), *times)


def table():
    lines = ["| net | metric | nngen | PyTorch | s | s, PyTorch |", "|---|---|---|---|---|---|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows()]) + "\n"


def main():
    if "--write" not in sys.argv:
        print(table(), end="")
        return
    text = open(PAGE).read()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    open(PAGE, "w").write(before + BEGIN + table() + END + after)


if __name__ == "__main__":
    main()
