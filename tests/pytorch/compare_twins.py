"""Weights go from programs to PyTorch modules and back: a module written by hand (twins.py) loads the weights file with
strict=True and gives the program's loss, gradients and predictions; the program loads the module's own state_dict.

usage: compare_twins.py [architecture...]    (such as arch/mlp)
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor

import torch

from nets import STEPS, Net, varied
from programs import SOURCE, Program
from report import expect, finish, largest_error
from tensors import write_tensors
from twins import TWINS

BOUND = 1e-5


class Twin:
    def __init__(self, path, program):
        self.path, self.program, self.net = path, program, Net(path, program)
        self.module = TWINS[path]()

    def fields(self):
        """The samples that are clear of ties, by the names of fields."""
        fields = self.net.clear_samples(self.program.load("weights"))
        if expect(fields, "%s: no samples are clear of ties" % self.path):
            write_tensors(self.program.file("data"), fields.tensors())
            graph = self.program.graph
            return {graph.nodes[id].name: value for id, value in fields.values(self.net.samples).items()}

    def compare_steps(self, d):
        """Loss and gradients of each phase."""
        for phase in range(len(self.program.graph.phases)):
            epochs = self.net.epochs(phase)
            for epoch in epochs:
                found_loss, found = self.program.gradients(self.program.direct, "weights", "data", self.net.samples, phase, epoch)
                self.module.zero_grad()
                loss = self.module.loss(d, phase, epoch, STEPS)
                loss.backward()
                wanted = {name: torch.zeros_like(p) if p.grad is None else p.grad
                          for name, p in self.module.named_parameters() if name in found}
                where = "%s, twin, phase %d, epoch %d" % (self.path, phase + 1, epoch)
                self.net.judge(where, False, (found_loss, found), (loss.item(), wanted), lambda: 0)

    def compare_predictions(self, d):
        rows = self.program.predict("weights", "data")
        with torch.no_grad():
            predicted = self.module.predict(d)
        for name, wanted in predicted.items():
            if name in rows[0]:
                found = torch.tensor([float(row[name]) for row in rows])
            else:
                keys = [key for key in rows[0] if key.startswith(name)]
                found = torch.tensor([[float(row[key]) for key in keys] for row in rows])
            clear = torch.ones(len(found), dtype=torch.bool)
            if wanted.dim() > found.dim():  # logits of a class
                top = wanted.topk(2).values
                clear, wanted = (top[:, 0] - top[:, 1]) > BOUND * wanted.abs().max(), wanted.argmax(1).double()
            error = largest_error(found[clear], wanted[clear])
            expect(clear.sum() > self.net.samples // 2 and error <= BOUND,
                   "%s: prediction %s is off by %.1e" % (self.path, name, error))

    def compare(self):
        p = self.program
        p.save("weights", varied(p.graph, p.init("init")))
        self.module.load_state_dict(p.load("weights"), strict=True)
        d = self.fields()
        if d is None:
            return
        self.compare_steps(d)
        self.compare_predictions(d)
        # And back: other weights, which torch drew.
        torch.manual_seed(7)
        self.module = TWINS[self.path]()
        p.save("weights", self.module.state_dict())
        self.module.load_state_dict(p.load("weights"), strict=True)  # rounded to float
        d = self.fields()
        if d is not None:
            self.compare_steps(d)
            self.compare_predictions(d)


def main():
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    with ThreadPoolExecutor(2) as pool:
        programs = [(path, pool.submit(Program, os.path.join(SOURCE, path + ".lua"), "sgd_model", path.replace("/", "-")))
                    for path in sys.argv[1:] or TWINS]
        for path, program in programs:
            twin = Twin(path, program.result())
            twin.compare()
            print("%-28s %s" % (path, "  ".join("%s %.1e" % pair for pair in twin.net.errors.items())), flush=True)
    finish()


if __name__ == "__main__":
    main()
