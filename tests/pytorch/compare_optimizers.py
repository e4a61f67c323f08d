"""Every optimizer against torch.optim's, which is fed the gradients of the compiled program.

usage: compare_optimizers.py
"""

import os
import re
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import optim

from fields import Fields
from optimizers import Lion, NAdam
from programs import SOURCE, Program
from report import expect, finish, largest_error
from tensors import write_tensors

STEPS, BATCH, BOUND = 4, 8, 1e-6

# What the architecture says -> torch's optimizer.
ROWS = {
    "sgd { lr = 0.1 }": lambda p: optim.SGD(p, 0.1),
    "sgd { lr = 0.1, momentum = 0.9, dampening = 0.1, weight_decay = 0.01 }":
        lambda p: optim.SGD(p, 0.1, momentum=0.9, dampening=0.1, weight_decay=0.01),
    "sgd { lr = 0.1, momentum = 0.8, nesterov = true }": lambda p: optim.SGD(p, 0.1, momentum=0.8, nesterov=True),
    "adam { lr = 1e-2 }": lambda p: optim.Adam(p, 1e-2),
    "adam { lr = 1e-2, beta1 = 0.8, beta2 = 0.99, eps = 1e-6, weight_decay = 0.01 }":
        lambda p: optim.Adam(p, 1e-2, (0.8, 0.99), 1e-6, weight_decay=0.01),
    "adamw { lr = 1e-2, weight_decay = 0.1 }": lambda p: optim.AdamW(p, 1e-2, weight_decay=0.1),
    "adam { lr = 1e-2, beta2 = 0.5, amsgrad = true, weight_decay = 0.01 }":
        lambda p: optim.Adam(p, 1e-2, (0.9, 0.5), amsgrad=True, weight_decay=0.01),
    "adamw { lr = 1e-2, beta2 = 0.5, amsgrad = true }": lambda p: optim.AdamW(p, 1e-2, (0.9, 0.5), amsgrad=True),
    "nadam {}": lambda p: NAdam(p),
    "nadam { lr = 1e-2, beta1 = 0.8, beta2 = 0.99, eps = 1e-6, weight_decay = 0.1, momentum_decay = 0.5 }":
        lambda p: NAdam(p, 1e-2, (0.8, 0.99), 1e-6, weight_decay=0.1, momentum_decay=0.5),
    "adagrad {}": lambda p: optim.Adagrad(p),
    "adagrad { lr = 0.1, lr_decay = 0.1, eps = 1e-6, weight_decay = 0.1, initial_accumulator_value = 0.1 }":
        lambda p: optim.Adagrad(p, 0.1, 0.1, 0.1, 0.1, 1e-6),
    "rmsprop { lr = 1e-2, alpha = 0.9 }": lambda p: optim.RMSprop(p, 1e-2, 0.9),
    "rmsprop { lr = 1e-2, eps = 1e-6, momentum = 0.5, centered = true, weight_decay = 0.01 }":
        lambda p: optim.RMSprop(p, 1e-2, eps=1e-6, momentum=0.5, centered=True, weight_decay=0.01),
    "lion { lr = 1e-2, beta1 = 0.8, beta2 = 0.95, weight_decay = 0.1 }": lambda p: Lion(p, 1e-2, 0.8, 0.95, 0.1),
}

ARCHITECTURE = """local nn = require "nn"
local x, t = nn.input("x", {9}), nn.target("t", {4})
local y = nn.linear { name = "b", out = 4 }(nn.tanh(nn.linear { name = "a", out = 21 }(x)))
return nn.model { name = "net", train = {
  epochs = %d, batch = %d, shuffle = false, loss = nn.mse(y, t), optimizer = nn.%s } }
"""


def make(index, words):
    folder = "lua%d" % index
    os.makedirs(folder)
    path = os.path.join(folder, "net.lua")
    open(path, "w").write(ARCHITECTURE % (STEPS, BATCH, words))
    return Program(path, None, "made%d" % index)


def compare(words, optimizer, program):
    start = program.init("0")
    parameters = {n: v.clone().requires_grad_() for n, v in start.items()}
    steps = optimizer(list(parameters.values()))
    write_tensors(program.file("data"), Fields(program.graph, BATCH, 3).tensors())
    worst = 0
    for step in range(STEPS):
        _, gradients = program.gradients(program.default, str(step), "data", BATCH, 0, 0)
        for name, p in parameters.items():
            p.grad = gradients[name]
        steps.step()
        found = program.train(program.default, "0", "data", BATCH, "--epochs", step + 1, save=str(step + 1))
        for name, p in parameters.items():
            expect(not torch.equal(found[name], start[name]), "nn.%s: %s does not move" % (words, name))
            error = largest_error(found[name], p.detach())
            worst = max(worst, error)
            expect(error <= BOUND, "nn.%s: %s after step %d is off by %.1e" % (words, name, step + 1, error))
    print("%-90s %.1e" % ("nn." + words, worst), flush=True)


def main():
    torch.set_default_dtype(torch.float64)
    names = re.findall(r"^OPTIMIZER\((\w+)\)", open(os.path.join(SOURCE, "compiler/optimizers/optimizers.def")).read(), re.M)
    for name in names:
        expect(any(words.split()[0] == name for words in ROWS),
               "nn.%s has no row in tests/pytorch/compare_optimizers.py" % name)
    with ThreadPoolExecutor(2) as pool:
        programs = [pool.submit(make, i, words) for i, words in enumerate(ROWS)]
        for (words, optimizer), program in zip(ROWS.items(), programs):
            compare(words, optimizer, program.result())
    finish()


if __name__ == "__main__":
    main()
