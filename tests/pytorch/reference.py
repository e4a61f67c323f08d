"""Runs a graph in PyTorch, in double precision, op by op with the rows of ops.py. Gradients are autograd's: those of
the graph's text are not looked at."""

from dataclasses import dataclass

import torch

from ops import ROWS

EXACT = 1e-12  # of the tensor's largest value: closer values are one value
CUTS = ("relu", "leaky_relu", "relu6")  # decisions that can be turned


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
    distance of a decision from a tie, relative to the tensor's largest value; exact ties decide the same everywhere.
    With `near`, cuts do not count there: `ties` lists those that are nearer to a tie, as (share, node, place). Those of
    `turned`, (node, place), decide the other way."""

    def __init__(self, graph, step, values, near=0, turned=()):
        self.graph, self.step, self.values = graph, step, dict(values)
        self.margin = torch.full((step.batch,), float("inf"))
        self.near, self.ties, self.turned = near, [], turned

    def __call__(self, *wanted):
        for id in self.graph.needed(wanted, self.values):
            self.values[id] = self.compute(self.graph.nodes[id])
        return [self.values[id] for id in wanted]

    def compute(self, node):
        if node.op not in ROWS:
            raise KeyError("tests/pytorch/ops.py has no row for %s" % node.op)
        row, inputs = ROWS[node.op], [self.values[id] for id in node.inputs]
        node.step = self.step
        places = [place for id, place in self.turned if id == node.id]
        if places:
            inputs[0] = across(row, node, inputs[0], places)
        if row.decides and node.type.kind == "sample":
            self.note(node, row.decides(node, *inputs), inputs)
        return row.value(node, *inputs)

    def note(self, node, distance, inputs):
        real = [x.detach().abs().max() for x in inputs if x.is_floating_point()]
        if distance is None or not real:
            return
        share = distance.detach() / torch.stack(real).max()
        share = torch.where(share <= EXACT, torch.full_like(share, float("inf")), share)
        if self.near and node.op in CUTS:
            places = torch.nonzero(share.flatten() < self.near).flatten().tolist()
            self.ties += [(share.flatten()[place].item(), node.id, place) for place in places]
            return
        self.margin = torch.minimum(self.margin, share.reshape(self.step.batch, -1).min(1).values)


def across(row, node, x, places):
    """The value with some elements as far on the other side of the cut as they were on this one."""
    distance = row.decides(node, x).detach()
    up = (row.decides(node, x + 2 * distance).detach() - distance).abs() <= 0.5 * distance
    move, way = torch.zeros_like(x).flatten(), torch.where(up, 2 * distance, -2 * distance).flatten()
    move[places] = way[places]
    return x + move.view_as(x)
