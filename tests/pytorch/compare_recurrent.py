"""Layers with states against PyTorch's: names and shapes of parameters, the range that they are drawn from, and, in double
precision, the loss and the gradients of all parameters."""

import math
import os

import numpy as np
import torch

from programs import Program
from report import expect, finish, largest_error
from tensors import write_tensors

BOUND, SAMPLES, FEATURES = 1e-5, 37, 5
ARCHITECTURE = os.path.join(os.path.dirname(__file__), "recurrent.lua")


def modules():
    """Each layer of recurrent.lua, and whether it gives its last states."""
    shared = {"batch_first": True}
    deep = {"num_layers": 2, "bidirectional": True, **shared}
    return {"gru": (torch.nn.GRU(FEATURES, 20, **deep), False),
            "lstm": (torch.nn.LSTM(FEATURES, 16, **deep), True),
            "rnn": (torch.nn.RNN(FEATURES, 33, **shared), True),
            "plain": (torch.nn.GRU(FEATURES, 32, bias=False, **shared), True),
            "states": (torch.nn.LSTM(FEATURES, 7, **shared), False)}


def value(module, last, x):
    """The states of all places, or h_n of the top layer, both directions side by side."""
    states, end = module(x)
    end = end[0] if isinstance(end, tuple) else end
    return torch.cat(list(end[-(1 + module.bidirectional):]), 1) if last else states


def main():
    torch.set_default_dtype(torch.float64)
    p = Program(ARCHITECTURE, None, "recurrent")
    weights, random = p.init("weights", seed=3), np.random.RandomState(1)
    data = {"train/x": random.normal(size=(SAMPLES, 9, FEATURES)).astype(np.float32)}
    x, losses, parameters = torch.tensor(data["train/x"]).double(), [], {}
    for i, (name, (module, last)) in enumerate(modules().items()):
        state = {key[len(name) + 1:]: tensor for key, tensor in weights.items() if key.startswith(name + ".")}
        module.load_state_dict(state, strict=True)
        parameters.update({name + "." + key: tensor for key, tensor in module.named_parameters()})
        most = max(tensor.abs().max().item() for tensor in state.values()) * math.sqrt(module.hidden_size)
        expect(0.98 < most <= 1, "%s: weights are drawn up to %g / sqrt(hidden)" % (name, most))
        y = value(module, last, x)
        target = random.normal(size=tuple(y.shape)).astype(np.float32)
        data["train/t%d" % (i + 1)] = target
        losses.append(((y - torch.tensor(target).double()) ** 2).mean())
    write_tensors(p.file("data"), data)
    found_loss, found = p.gradients(p.default, "weights", "data", SAMPLES, 0, 0)
    loss = sum(losses)
    expect(abs(found_loss - loss.item()) <= BOUND * abs(loss.item()), "the loss differs")
    expect(found.keys() == parameters.keys(), "gradients of other parameters: %s" % (found.keys() ^ parameters.keys()))
    for name, slope in zip(parameters, torch.autograd.grad(loss, list(parameters.values()))):
        error = largest_error(found[name], slope)
        expect(error <= BOUND, "gradient of %s is off by %.1e" % (name, error))
    finish()


if __name__ == "__main__":
    main()
