"""The recipes of recipes.lua in PyTorch: recipes.py make, which writes the data, or recipes.py check NAME INITIAL TRAINED,
which compares weights after the last step. Modules of tests/pytorch are on the path."""
import fnmatch
import sys
from dataclasses import dataclass
from typing import Callable

import numpy as np
import torch
from torch import nn, optim

from optimizers import NAdam
from tensors import read_tensors, write_tensors

ROWS, BATCH, EPOCHS = 70, 24, 3  # batches of 24, 24 and 22 samples
ALL = ("first", "second", "last")


@dataclass
class Recipe:
    optimizer: Callable  # of trained parameters by name
    trains: tuple = ALL  # beginnings of names
    norm: float = 0  # clip_grad_norm
    value: float = 0  # clip_grad_value
    batches: int = 1  # of an update
    ema: float = 0
    best: bool = False  # the weights of the largest val_loss are kept
    rate: Callable = None  # of the last group, by the step
    loss: Callable = nn.functional.mse_loss
    turn: int = 1  # steps of a member's turn
    members: tuple = ()  # recipes that take turns; trains, batches and ema are the whole's


def simple(kind, **options):
    return lambda params: kind(list(params.values()), **options)


def groups(kind, patterns, **options):
    """Parameter groups as PyTorch has them: the first pattern that matches counts."""
    def make(params):
        left, made = dict(params), []
        for pattern, own in patterns + [(["*"], {})]:
            taken = [k for k in left if any(fnmatch.fnmatchcase(name, p) for p in pattern
                                            for name in (k, k.rsplit(".", 1)[0]))]
            if taken:
                made.append(dict(params=[left.pop(k) for k in taken], **own))
        return kind(made, **options)
    return make


def squared(y, t):
    return nn.functional.mse_loss(y * y, t)


RECIPES = {
    "plain": Recipe(simple(optim.SGD, lr=0.1)),
    "groups": Recipe(groups(optim.AdamW, [(["*bias*", "last"], dict(weight_decay=0)),
                                          (["*o?d.weight"], dict(lr=1e-3, betas=(0.8, 0.99))),
                                          (["first*"], dict(lr=0.05))],
                            lr=1e-2, weight_decay=0.1, betas=(0.9, 0.99)),
                     rate=lambda step: 0.05 / (1 + step)),
    "momenta": Recipe(groups(optim.SGD, [(["*.weight"], dict(momentum=0.9, nesterov=True)),
                                         (["*"], dict(lr=0.1, weight_decay=0.1))], lr=0.05)),
    "frozen": Recipe(simple(optim.SGD, lr=0.1), ("second", "last.weight")),
    "alone": Recipe(simple(optim.Adam, lr=1e-2), ("first", "last")),
    "norm": Recipe(simple(optim.SGD, lr=0.5, momentum=0.9, weight_decay=0.01), norm=0.3),
    "norm_alone": Recipe(simple(optim.SGD, lr=0.5), ("last",), norm=0.2),
    "gathered": Recipe(simple(optim.AdamW, lr=1e-2), batches=2),
    "gathered_norm": Recipe(simple(optim.SGD, lr=0.5, momentum=0.9), norm=0.3, batches=2),
    "ema": Recipe(simple(optim.SGD, lr=0.2, momentum=0.9), ema=0.8),
    "ema_best": Recipe(simple(optim.SGD, lr=0.2, momentum=0.9), ema=0.8, best=True),
    "ema_frozen": Recipe(simple(optim.Adam, lr=1e-2), ("first", "last"), batches=3, ema=0.9),
    "adagrad": Recipe(simple(optim.Adagrad, lr=0.05)),
    "adagrad_all": Recipe(simple(optim.Adagrad, lr=0.1, lr_decay=0.1, weight_decay=0.1,
                                 initial_accumulator_value=0.01, eps=1e-3)),
    "nadam": Recipe(simple(NAdam)),
    "nadam_all": Recipe(simple(NAdam, lr=1e-2, betas=(0.8, 0.99), eps=1e-4, weight_decay=0.1, momentum_decay=0.5)),
    "amsgrad": Recipe(simple(optim.Adam, lr=1e-2, betas=(0.9, 0.5), amsgrad=True, weight_decay=0.1)),
    "amsgrad_groups": Recipe(groups(optim.AdamW, [(["first"], dict(amsgrad=True))], lr=1e-2, betas=(0.9, 0.5))),
    "turns": Recipe(None, members=(
        Recipe(simple(optim.Adam, lr=1e-2), ("first", "last.weight")),
        Recipe(simple(optim.Adam, lr=5e-3, betas=(0.5, 0.999)), ("second", "last.bias"), loss=squared))),
    "turns_shared": Recipe(None, ema=0.8, members=(
        Recipe(simple(optim.AdamW, lr=1e-2), norm=0.3, turn=2),
        Recipe(simple(NAdam), ("second", "last"), loss=squared, rate=lambda step: 0.05 / (1 + step)))),
    "turns_gathered": Recipe(None, batches=2, members=(
        Recipe(simple(optim.Adagrad, lr=0.05, lr_decay=0.1), ("first", "last.weight")),
        Recipe(simple(optim.SGD, lr=0.2, momentum=0.9), ("second", "last.bias"), loss=squared, turn=2))),
    "value": Recipe(simple(optim.SGD, lr=0.5, momentum=0.5), value=0.02),
}


def samples():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(ROWS, 6)).astype(np.float32)
    t = np.stack([x[:, 0] * x[:, 1], 2 * np.sin(x[:, 2]), x[:, 3] - x[:, 4]], 1).astype(np.float32)
    return x, t


def network(weights):
    net = nn.Sequential()
    for name, module in (("first", nn.Linear(6, 8)), ("a", nn.Tanh()), ("second", nn.Linear(8, 20)), ("b", nn.Tanh()),
                         ("last", nn.Linear(20, 3))):
        net.add_module(name, module)
    net.load_state_dict(weights)
    return net


def clip(recipe, params):
    """Whether that changed the gradient."""
    changed = False
    if recipe.norm:
        changed = bool(nn.utils.clip_grad_norm_(params, recipe.norm) > recipe.norm)
    if recipe.value:
        changed = any(bool((p.grad.abs() > recipe.value).any()) for p in params)
        nn.utils.clip_grad_value_(params, recipe.value)
    return changed


def train(recipe, net):
    """The weights to save, and the number of steps whose gradient was clipped."""
    turns = [member for member in recipe.members or (recipe,) for _ in range(member.turn)]
    of = {id(m): {name: p for name, p in net.named_parameters() if name.startswith(m.trains)} for m in turns}
    optimizers = {id(m): m.optimizer(of[id(m)]) for m in turns}
    x, t = (torch.tensor(array.astype(np.float64)) for array in samples())
    averages = optim.swa_utils.AveragedModel(net, avg_fn=lambda e, w, n: recipe.ema * e + (1 - recipe.ema) * w)
    averages.update_parameters(net)
    step, clipped, best = 0, 0, None
    for _ in range(EPOCHS):
        # An epoch's rest makes an update of its own. Batches weigh by their samples.
        for begin in range(0, ROWS, BATCH * recipe.batches):
            end = min(ROWS, begin + BATCH * recipe.batches)
            member = turns[step % len(turns)]
            trained, optimizer = of[id(member)], optimizers[id(member)]
            for name, p in net.named_parameters():
                p.requires_grad_(name in trained)
            optimizer.zero_grad(set_to_none=True)
            for at in range(begin, end, BATCH):
                to = min(end, at + BATCH)
                (member.loss(net(x[at:to]), t[at:to]) * (to - at) / (end - begin)).backward()
            clipped += clip(member, list(trained.values()))
            if member.rate:
                optimizer.param_groups[-1]["lr"] = member.rate(step)
            optimizer.step()
            averages.update_parameters(net)
            step += 1
        with torch.no_grad():
            score = recipe.loss(averages.module(x[:20]), t[:20]).item()
        if not recipe.best or best is None or score > best[0]:
            best = score, {name: value.clone() for name, value in averages.module.state_dict().items()}
    return best[1], clipped


def check(name, initial, trained):
    torch.set_default_dtype(torch.float64)
    recipe, found, worst = RECIPES[name], read_tensors(trained), 0
    begin = {key: torch.tensor(value.astype(np.float64)) for key, value in read_tensors(initial).items()}
    weights, clipped = train(recipe, network(begin))
    if (recipe.norm or recipe.value) and not clipped:
        sys.exit("%s: nothing was clipped" % name)
    if sorted(found) != sorted(weights):
        sys.exit("%s: tensors %s" % (name, sorted(found)))
    for key, wanted in weights.items():
        move = (wanted - begin[key]).abs().max().item()
        off = np.abs(found[key] - wanted.numpy()).max()
        if not key.startswith(recipe.trains) and (off > 0 or move > 0):
            sys.exit("%s: %s moved" % (name, key))
        worst = max(worst, off / move if move else 0)
    print("%s: off by %.1e of the way" % (name, worst))
    if worst > 1e-4:
        sys.exit("%s differs from PyTorch" % name)


if sys.argv[1] == "make":
    x, t = samples()
    write_tensors("data.safetensors", {"train/x": x, "train/t": t, "val/x": x[:20], "val/t": t[:20]})
else:
    check(*sys.argv[2:])
