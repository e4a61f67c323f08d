"""Runs a graph in PyTorch, in double precision, op by op with the rows of ops.py. Gradients are autograd's: those of
the graph's text are not looked at."""

from dataclasses import dataclass

import torch

from ops import ROWS

EXACT = 1e-12  # of the tensor's largest value: closer values are one value


@dataclass
class Step:
    """What a run may know of the step that it computes."""
    batch: int
    dropout: bool = False  # draw dropout and augmentation; else they are not there
    evaluates: bool = False  # by running statistics
    seed: int = 0
    first_sample: int = 0
    epoch: float = 0
    epochs: float = 1
    step: float = 0
    steps: float = 1


class Run:
    """The values of nodes; those of fields and parameters are given, by id. `margin` is, for each sample, the least
    distance of a decision from a tie, relative to the tensor's largest value; exact ties decide the same everywhere."""

    def __init__(self, graph, step, values):
        self.graph, self.step, self.values = graph, step, dict(values)
        self.margin = torch.full((step.batch,), float("inf"))

    def __call__(self, *wanted):
        for id in self.graph.needed(wanted, self.values):
            self.values[id] = self.compute(self.graph.nodes[id])
        return [self.values[id] for id in wanted]

    def compute(self, node):
        if node.op not in ROWS:
            raise KeyError("tests/pytorch/ops.py has no row for %s" % node.op)
        row, inputs = ROWS[node.op], [self.values[id] for id in node.inputs]
        node.step = self.step
        if row.decides and node.type.kind == "sample":
            self.note(row.decides(node, *inputs), inputs)
        return row.value(node, *inputs)

    def note(self, distance, inputs):
        real = [x.detach().abs().max() for x in inputs if x.is_floating_point()]
        if distance is None or not real:
            return
        share = distance.detach() / torch.stack(real).max()
        share = torch.where(share <= EXACT, torch.full_like(share, float("inf")), share)
        self.margin = torch.minimum(self.margin, share.reshape(self.step.batch, -1).min(1).values)
