"""Each op that users can write, at the samples of its table entry, against its row in ops.py: value, and gradients in
all operands, of nngen's double-precision reference.

usage: compare_ops.py WRITE_SAMPLES    (the program)
"""

import subprocess
import sys

import numpy as np
import torch

import graph
from ops import LEAVES, ROWS
from reference import Run, Step
from report import expect, finish, largest_error

BOUND = 1e-11


def read_cases(path):
    """Yields the step, then (op, whether users write it), then (op's id, text, events)."""
    lines = iter(open(path).read().splitlines())
    for line in lines:
        if line.startswith("env "):
            options = {key: int(value) for key, value in graph.options_of(line).items()}
            yield "step", Step(**{**options, "dropout": bool(options["dropout"])})
        elif line.startswith("op "):
            yield "op", (line.split('"')[1], line.endswith("users=1"))
        elif line.startswith("case "):
            text, events = [], []
            for inner in lines:
                if inner == "end":
                    break
                (events if inner.startswith(("values ", "gradient ")) else text).append(inner)
            yield "case", (int(line.split("%")[1]), graph.parse("\n".join(text)), events)


def tensor_of(node, batch, numbers):
    lead = {"sample": (batch * node.type.parts,), "once": (1,)}.get(node.type.kind, ())
    shape = (*lead, *node.type.shape)
    values = torch.tensor(numbers).reshape(shape)
    return values.long() if node.type.classes else values


def compare(step, case, numbers, at):
    """The case's faults; returns where its numbers end."""
    id, read, events = case
    values, pairs = {}, []
    for event in events:
        words = event.split()
        node = read.nodes[int(words[1][1:])]
        if words[0] == "gradient":
            pairs.append((node.id, int(words[2][1:])))
            continue
        count = int(words[2])
        # A gradient may be a node that has its values already, as that of a sum is.
        values[node.id] = tensor_of(node, step.batch, numbers[at:at + count])
        at += count
    op = read.nodes[id]
    where = "%s of %s" % (op.op, ", ".join(read.nodes[i].type.kind + str(read.nodes[i].type.shape) for i in op.inputs))
    given = {i: values[i].clone().requires_grad_(values[i].is_floating_point()) for i in op.inputs}
    parts = max([op.type.parts] + [read.nodes[i].type.parts for i in op.inputs])
    result, = Run(read, Step(**{**vars(step), "batch": step.batch * parts}), given)(id)
    error = largest_error(result.detach().double(), values[id].double())
    expect(error <= BOUND, "%s: value is off by %.1e" % (where, error))
    if pairs:
        dy = next(n for n in read.nodes.values() if n.id in values and n.id > id)
        slopes = torch.autograd.grad(result, [given[x] for x, _ in pairs], values[dy.id], allow_unused=True)
        for (x, dx), slope in zip(pairs, slopes):
            error = float("inf") if slope is None else largest_error(values[dx], slope)
            expect(error <= BOUND, "%s: gradient in operand %d is off by %.1e" % (where, op.inputs.index(x), error))
    return at


def main():
    torch.set_default_dtype(torch.float64)
    subprocess.run([sys.argv[1], "samples", "numbers"], check=True)
    numbers, at, step, ops, cases = np.fromfile("numbers"), 0, None, {}, 0
    for word, what in read_cases("samples"):
        if word == "step":
            step = what
        elif word == "op":
            name, users = what
            ops[name] = users
            expect(not users or name in ROWS or name in LEAVES,
                   "%s has no row in tests/pytorch/ops.py: add `\"%s\": row(lambda n, x: torch...)` to ROWS" %
                   (name, name))
        elif what[1].nodes[what[0]].op in ROWS:
            at = compare(step, what, numbers, at)
            cases += 1
        else:
            at += sum(int(event.split()[2]) for event in what[2] if event.startswith("values "))
    for name in (set(ROWS) | LEAVES) - set(ops):
        expect(False, "tests/pytorch/ops.py has a row for %s, which is no op" % name)
    expect(at == len(numbers), "numbers are left over")
    print("%d ops, %d cases" % (len(ops), cases))
    finish()


if __name__ == "__main__":
    main()
