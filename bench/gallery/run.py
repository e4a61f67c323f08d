#!/usr/bin/env python3
"""Trains nets of the gallery, nngen's programs or their twins in PyTorch by the same recipes, and writes what they reach
into results/NET.json, beside the command that found it.

usage: bench/gallery/run.py nngen|pytorch NET... [--seeds N] [--first N] [--threads N] [--sets DIR] [--programs DIR]

NNGEN trains DIR/NET (default build/bin/gallery) with --no-train-eval. Figures are of the test split, of texts of the
validation split; seconds are processor time of a training with its evaluations. MNIST comes from $NNGEN_DATA, other sets from
files in --sets (default data/gallery): docs/gallery.md tells how they are made."""

import argparse
import importlib
import json
import os
import platform
import resource
import subprocess
import tempfile
import time

import torch

import data
import recipe

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


def path_of(name, options):
    file = data.SETS[name][0]
    return file and os.path.join(options.sets, file)


def pytorch(net, seeds, options):
    """Yields a result for each seed."""
    module = importlib.import_module(f"modules.{net}")
    torch.set_num_threads(options.threads)
    name = module.recipe.data
    sets = data.SETS[name][1](path_of(name, options))
    for seed in seeds:
        since = time.process_time()
        found = recipe.train(module, sets, seed)
        yield {"seed": seed, "seconds": round(time.process_time() - since, 1), **found}


def seconds_of_programs():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def nngen(net, seeds, options):
    module = importlib.import_module(f"modules.{net}")
    path = path_of(module.recipe.data, options)
    metrics = set(module.recipe.metrics) | set(getattr(module, "SUMMARY", ()))
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            command = [os.path.join(options.programs, net), "train", "--no-train-eval", "--quiet", "--json",
                       "--seed", str(seed), "--threads", str(options.threads),
                       "--save", os.path.join(folder, "weights.safetensors")]
            since = seconds_of_programs()
            said = subprocess.run(command + (["--data", path] if path else []), check=True, capture_output=True, text=True)
        ended = json.loads(said.stdout.splitlines()[-1])
        found = ended.get("test") or ended["val"]
        yield {"seed": seed, "seconds": round(seconds_of_programs() - since, 1), **{m: found[m] for m in found if m in metrics}}


def version(side, net, options):
    if side == "pytorch":
        return "PyTorch " + torch.__version__
    program = os.path.join(options.programs, net)
    said = subprocess.run([program, "info", "--json"], check=True, capture_output=True, text=True)
    info = json.loads(said.stdout)
    return "nngen %s, %s" % (info["version"], info["isa"][0])


def write(net, side, result, entry):
    path = os.path.join(HERE, "results", net + ".json")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    table = json.load(open(path)) if os.path.exists(path) else {}
    runs = {run["seed"]: run for run in table.get(side, {}).get("runs", [])}
    runs[result["seed"]] = result
    table[side] = {**entry, "runs": [runs[seed] for seed in sorted(runs)]}
    with open(path, "w") as file:
        json.dump(table, file, indent=2)
        file.write("\n")


def processor():
    with open("/proc/cpuinfo") as file:
        names = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
    return names[0] if names else platform.machine()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("side", choices=["nngen", "pytorch"])
    parser.add_argument("nets", nargs="+", metavar="NET")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--sets", default=os.path.join(ROOT, "data", "gallery"))
    parser.add_argument("--programs", default=os.path.join(ROOT, "build", "bin", "gallery"))
    options = parser.parse_args()
    seeds = range(options.first, options.first + options.seeds)
    for net in options.nets:
        entry = {"command": f"bench/gallery/run.py {options.side} {net} --threads {options.threads}",
                 "version": version(options.side, net, options), "processor": processor()}
        for result in (pytorch if options.side == "pytorch" else nngen)(net, seeds, options):
            print(net, options.side, json.dumps(result), flush=True)
            write(net, options.side, result, entry)


if __name__ == "__main__":
    main()
