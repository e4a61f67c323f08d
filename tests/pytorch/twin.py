"""Weights go from programs to PyTorch modules and back: a module written by hand (twins.py) loads the weights file with
strict=True and gives the program's loss, gradients and predictions; the program loads the module's own state_dict."""

import torch

from nets import STEPS, varied
from reference import Run, Step
from report import expect, largest_error
from tensors import write_tensors

BOUND = 1e-5


class Twin:
    """Of a net of nets.py; `make` gives a module."""

    def __init__(self, net, make):
        self.net, self.label, self.program, self.make = net, net.label, net.program, make
        self.module = make()

    def samples(self):
        """Fields of samples that are clear of ties, and by name their values, and those that are drawn for them."""
        fields = self.net.clear_samples(self.program.load("weights"))
        if not expect(fields, "%s: no samples are clear of ties" % self.label):
            return None, None
        write_tensors(self.program.file("data"), fields.tensors())
        graph = self.program.graph
        run = Run(graph, Step(self.net.samples), fields.values(self.net.samples))
        random = graph.of_op("randn") + graph.of_op("rand")
        return fields, {graph.nodes[id].name: run(id)[0] for id in [*run.values, *(n.id for n in random)]}

    def compare_steps(self, fields, d):
        """Loss and gradients of each phase."""
        parameters = self.program.load("weights")
        for phase in range(len(self.program.graph.phases)):
            epochs = self.net.epochs(phase)
            for epoch in epochs:
                found_loss, found = self.program.gradients(self.program.direct, "weights", "data", self.net.samples, phase, epoch)
                self.module.zero_grad()
                loss = self.module.loss(d, phase, epoch, STEPS)
                loss.backward()
                wanted = {name: torch.zeros_like(p) if p.grad is None else p.grad
                          for name, p in self.module.named_parameters() if name in found}
                where = "%s, twin, phase %d, epoch %d" % (self.label, phase + 1, epoch)
                step = self.net.step(self.net.samples, phase, epoch)
                self.net.judge(where, False, (found_loss, found), (loss.item(), wanted),
                               self.net.excuses(fields, self.net.samples, phase, parameters, step, wanted))

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
                   "%s: prediction %s is off by %.1e" % (self.label, name, error))

    def compare(self):
        self.compare_module(self.program.init("init"))
        # And back: other weights, which torch drew.
        torch.manual_seed(7)
        self.compare_module(self.make().state_dict())

    def compare_module(self, weights):
        """With weights that vary; a tied one has both names."""
        self.program.save("weights", {**weights, **varied(self.program.graph, weights)})
        self.module.load_state_dict(self.program.load("weights"), strict=True)
        fields, d = self.samples()
        if fields:
            self.compare_steps(fields, d)
            self.compare_predictions(d)
