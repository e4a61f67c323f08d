"""Programs of architectures, compiled for this test, and what they compute."""

import csv
import glob
import os
import re
import shutil
import subprocess

import numpy as np
import torch

import graph
from tensors import read_tensors, write_tensors

SOURCE, NNGEN = os.environ["NNGEN_SOURCE"], os.environ["NNGEN"]
CC, LIBRARIES = os.environ.get("NNGEN_CC", "cc"), os.environ["NNGEN_LIBRARIES"].split()
NEEDED = {"avx512": {"avx512f", "avx512bw", "avx512dq", "avx512vl"}, "avx2": {"avx2", "fma"}, "neon": {"asimd"}}


def run(*command):
    result = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if result.returncode:
        raise RuntimeError("status %d: %s\n%s%s" % (result.returncode, " ".join(map(str, command)),
                                                    result.stdout, result.stderr))
    return result.stdout


def best_isa():
    """That of this machine: code for one instruction set compiles in a third of the time."""
    try:
        words = set(open("/proc/cpuinfo").read().split())
    except OSError:
        words = set()
    return next((isa for isa, needed in NEEDED.items() if needed <= words), "portable")


class Program:
    """An architecture with `model`, a file of this folder, for nn.model, unless that is None. Code without Winograd's
    convolutions is compiled, too, where it differs."""

    def __init__(self, path, model, folder):
        self.name = os.path.splitext(os.path.basename(path))[0]
        self.folder = folder
        os.makedirs(folder)
        for file in glob.glob(os.path.join(os.path.dirname(path), "*.lua")):
            text = open(file).read()
            if model:
                text = re.sub(r"\bnn\.model\b", 'require "%s"' % model, text)
                text = re.sub(r"\bnn\.alternate\b", 'require "sgd_alternate"', text)
            open(self.file(os.path.basename(file)), "w").write(text)
        if model:
            for file in (model, "sgd_alternate"):
                shutil.copy(os.path.join(os.path.dirname(__file__), file + ".lua"), folder)
        self.architecture = self.file(self.name + ".lua")
        self.graph = graph.parse(run(NNGEN, "--emit=graph", self.architecture))
        self.default, code = self.compile("default", "on")
        if "winograd" in code:
            self.direct, _ = self.compile("direct", "off")
        else:
            self.direct = self.default

    def file(self, name):
        return os.path.join(self.folder, name)

    def compile(self, label, winograd):
        generated, main, program = (self.file(label + end) for end in (".c", "-main.c", ""))
        run(NNGEN, "--isa", best_isa(), "--winograd", winograd, "-o", generated, self.architecture)
        run(NNGEN, "--emit=main", "-o", main, self.architecture)
        run(CC, "-std=c11", "-O1", "-ffp-contract=off", "-I" + os.path.join(SOURCE, "runtime"),
            "-I" + os.path.join(os.path.dirname(NNGEN), "..", "share"),
            "-I" + os.path.join(os.path.dirname(NNGEN), "..", "include", "nngen"), generated, main, *LIBRARIES,
            "-ljansson", "-lz", "-lpthread", "-lm", "-o", program)
        return program, open(generated).read()

    # The commands below; files lie in the program's folder.

    def init(self, weights, seed=5):
        run(self.default, "init", "--seed", seed, "--save", self.file(weights), "--quiet")
        return self.load(weights)

    def load(self, weights):
        return {name: torch.tensor(array.astype(np.float64))
                for name, array in read_tensors(self.file(weights)).items() if not name.startswith("state/")}

    def save(self, weights, tensors):
        counts = {n.name for n in self.graph.of_op("state") if not n.type.shape}
        write_tensors(self.file(weights), {n: value.numpy().astype(np.int64 if n in counts else np.float32)
                                           for n, value in tensors.items()})

    def gradients(self, program, weights, data, batch, phase, epoch):
        """Loss and gradients by name, of one of the graph's phases."""
        number, member = self.graph.place(phase)
        run(program, "grad", "--load", self.file(weights), "--data", self.file(data), "--batch", batch, "--out",
            self.file("grad"), "--phase", number + 1, "--member", member + 1, "--epoch", epoch, "--quiet")
        found = self.load("grad")
        return found.pop("loss").item(), found

    def train(self, program, weights, data, batch, *options, save="trained"):
        run(program, "train", "--load", self.file(weights), "--data", self.file(data), "--batch", batch,
            "--save", self.file(save), "--no-train-eval", "--quiet", *options)
        return self.load(save)

    def predict(self, weights, data):
        text = run(self.default, "predict", "--load", self.file(weights), "--data", self.file(data), "--split",
                   "train", "--quiet")
        return list(csv.DictReader(text.splitlines()))
