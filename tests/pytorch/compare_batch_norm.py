"""Batch normalisation against torch.nn: the tensors of the file, which load_state_dict takes with strict=True, parameters and
running statistics after ten steps of SGD, and predictions by these."""

import os

import numpy as np
import torch
from torch import nn

from programs import Program
from report import expect, finish, largest_error
from tensors import read_tensors, write_tensors

BOUND, STEPS, BATCH = 1e-5, 10, 40
ARCHITECTURE = os.path.join(os.path.dirname(__file__), "batch_norm.lua")


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 20, 3), nn.BatchNorm2d(20)
        self.conv2 = nn.Conv2d(20, 20, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(20, momentum=0.3, eps=1e-3)
        self.fc1, self.again = nn.Linear(400, 12), nn.BatchNorm1d(12)
        self.rows, self.fc2 = nn.BatchNorm1d(4, affine=False), nn.Linear(12, 5)
        self.bn2.bias.requires_grad_(False)
        self.again.weight.requires_grad_(False)

    def forward(self, x):
        y = torch.tanh(self.bn1(self.conv1(x)))
        f = self.fc1(torch.tanh(self.bn2(self.conv2(y)) + y).flatten(1))
        f = torch.tanh(self.again(f)) + 0.5 * self.again(f * f)
        return self.fc2(self.rows(f.reshape(-1, 4, 3)).flatten(1))


def descend(net, x, t):
    rate = torch.optim.SGD([p for p in net.parameters() if p.requires_grad], lr=0.1)
    for _ in range(STEPS):
        rate.zero_grad()
        nn.functional.mse_loss(net(x), t).backward()
        rate.step()


class Turns(nn.Module):
    """batch_norm_turns.lua."""

    def __init__(self):
        super().__init__()
        self.fc1, self.bn, self.still, self.fc2 = nn.Linear(6, 20), nn.BatchNorm1d(20), nn.BatchNorm1d(20), nn.Linear(20, 5)
        self.still.eval()

    def forward(self, x):
        return self.fc2(self.still(torch.tanh(self.bn(self.fc1(x)))))

    def descend(self, x, t):
        first = torch.optim.SGD([*self.fc1.parameters(), *self.bn.parameters()], lr=0.1)
        second = torch.optim.SGD(self.fc2.parameters(), lr=0.05, momentum=0.5)
        for step in range(STEPS):
            y, turn = self(x), step % 3 == 0
            self.zero_grad()
            nn.functional.mse_loss(y if turn else y * y, t).backward()
            (first if turn else second).step()


def compare(found, net, worst=0):
    """The largest error of tensors of the file, which are exactly those of the module."""
    expect(set(found) == set(net.state_dict()), "tensors: %s" % sorted(found))
    for name, wanted in net.state_dict().items():
        if not wanted.is_floating_point():
            expect(found[name] == wanted, "%s: %s, %s wanted" % (name, found[name], wanted))
            continue
        error = largest_error(found[name], wanted)
        worst = max(worst, error)
        expect(error <= BOUND, "%s after %d steps: %.1e" % (name, STEPS, error))
    return worst


def turns():
    random = np.random.RandomState(5)
    x, t = random.randn(BATCH, 6).astype(np.float32) * 2 + 1, random.randn(BATCH, 5).astype(np.float32)
    p, net = Program(ARCHITECTURE.replace(".lua", "_turns.lua"), None, "turns"), Turns()
    write_tensors(p.file("data"), {"train/x": x, "train/t": t})
    start = {**p.init("start"), "still.running_mean": torch.full((20,), 0.1), "still.running_var": torch.full((20,), 0.5)}
    p.save("start", start)
    net.load_state_dict(p.load("start"), strict=True)
    net.descend(*(torch.tensor(array.astype(np.float64)) for array in (x, t)))
    print("turns: tensors %.1e" % compare(p.train(p.default, "start", "data", BATCH, save="end"), net))


def main():
    torch.set_default_dtype(torch.float64)
    turns()
    random = np.random.RandomState(3)
    # A channel whose mean is far from 0, beside its deviation, as data that are not normalised have.
    x = (random.randn(BATCH, 3, 7, 6) * [[[[1.0]], [[0.2]], [[3.0]]]] + [[[[0.0]], [[20.0]], [[-1.0]]]]).astype(np.float32)
    t = random.randn(BATCH, 5).astype(np.float32)
    p, net = Program(ARCHITECTURE, None, "batch_norm"), Net()
    write_tensors(p.file("data"), {split + name: array for split in ("train/", "val/", "test/")
                                   for name, array in (("x", x), ("t", t))})
    x, t = torch.tensor(x.astype(np.float64)), torch.tensor(t.astype(np.float64))
    net.load_state_dict(p.init("start"), strict=True)
    descend(net, x, t)
    found = p.train(p.default, "start", "data", BATCH, "--epochs", STEPS, save="end")
    worst = compare(found, net)
    rows = p.predict("end", "data")
    with torch.no_grad():
        net.load_state_dict(found)
        wanted = net.eval()(x)
    values = torch.tensor([[float(row["out_%d" % i]) for i in range(5)] for row in rows])
    error = largest_error(values, wanted)
    expect(error <= BOUND, "predictions: %.1e" % error)
    write_tensors(p.file("old"), {name: array for name, array in read_tensors(p.file("end")).items()
                                  if "num_batches" not in name and name not in ("bn2.bias", "again.weight")})
    expect(p.predict("old", "data") == rows,
           "a file without numbers of batches and constants predicts something else")
    print("tensors %.1e, predictions %.1e" % (worst, error))
    finish()


if __name__ == "__main__":
    main()
