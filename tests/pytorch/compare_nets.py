"""Every network of arch, arch/gallery and tests/models, with equal weights: loss and gradients, without Winograd's
convolutions and as the compiler chooses, and parameters after ten steps of SGD with dropout and augmentation. Those that
twins.py has a module of are compared with it, too.

Samples in which rounding could turn a decision (the sign of a ReLU's input, a pooling winner) are left out: those with
a decision within 1e-5 of the tensor's largest value of a tie; of networks whose samples all have such a one, within 1e-6
or less. Exact ties stay, and the first of equal values wins.

usage: compare_nets.py [name...]    (such as arch/gallery or arch/gallery/mlp)
"""

import glob
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import torch

from nets import Net
from programs import SOURCE, Program
from report import finish
from twin import Twin
from twins import TWINS


def architectures(names):
    parts = {"arch/" + line.strip().removesuffix(".lua") for line in open(os.path.join(SOURCE, "arch", "PARTS"))}
    for folder in ("arch", "arch/gallery", "tests/models"):
        for path in sorted(glob.glob(os.path.join(SOURCE, folder, "*.lua"))):
            name = folder + "/" + os.path.splitext(os.path.basename(path))[0]
            if (not names or folder in names or name in names) and name not in parts:
                yield name, path


def main():
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    with ThreadPoolExecutor(2) as pool:
        programs = [(name, pool.submit(Program, path, "sgd_model", name.replace("/", "-")))
                    for name, path in architectures(sys.argv[1:])]
        for name, program in programs:
            net = Net(name, program.result())
            begun = time.time()
            net.compare()
            if name in TWINS:
                Twin(net, TWINS[name]).compare()
            print("%-24s %s %s %.1f s" % (name, "  ".join("%s %.1e" % pair for pair in net.errors.items()),
                                          "; ".join(net.notes), time.time() - begun), flush=True)
    finish()


if __name__ == "__main__":
    main()
