"""What the nets of the gallery have in common in PyTorch: augmentation, schedules, and the loop that trains.

A file of modules/ has a module `Net`, whose state_dict is that of nngen's weights file, and a `recipe`."""

import math
from dataclasses import dataclass, field
from typing import Callable

import torch
import torch.nn.functional as F

EVALUATED = 1000  # samples in a batch of an evaluation


@dataclass
class Recipe:
    data: str                      # a name of data.SETS
    batch: int
    loss: Callable                 # of net and batch, a dictionary of tensors by field -> a number
    optimizer: Callable            # of the net -> an optimizer whose rates are the largest
    metrics: dict                  # name -> function of net and batch -> a value per sample
    epochs: int = 0
    steps: int = 0
    rate: Callable = lambda step, steps: 1.0  # factor of the rate at a step, counted from 0
    augment: Callable = lambda batch: batch
    drop_last: bool = False
    clip: float = 0                # largest norm of the gradient; 0: none
    summary: Callable = None       # of net and a split -> {name: number}, in place of the means of metrics
    then: list = field(default_factory=list)  # recipes that go on with the same net
    turns: list = field(default_factory=list)  # recipes that take turns with this one, a step each


def cosine(step, steps):
    return (1 + math.cos(math.pi * step / steps)) / 2


def warm_cosine(warm, least=0.0):
    """Rises over the first steps, their number or a part of all, then half a cosine down to `least`."""
    def rate(step, steps):
        first = warm if warm >= 1 else warm * steps
        return step / first if step < first else least + (1 - least) * cosine(step - first, steps - first)
    return rate


def triangle(peak):
    """Up over that part of the steps, then down to 0."""
    return lambda step, steps: min(step / (peak * steps), (steps - step) / ((1 - peak) * steps))


def flipped(images):
    turned = torch.rand(len(images)) < 0.5
    return torch.where(turned[:, None, None, None], images.flip(-1), images)


def cropped(images, padding, mode):
    n, _, h, w = images.shape
    wide = F.pad(images, [padding] * 4, mode=mode)
    y, x = torch.randint(0, 2 * padding + 1, (2, n))
    rows, columns = y[:, None] + torch.arange(h), x[:, None] + torch.arange(w)
    return wide[torch.arange(n)[:, None, None], :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def crop_and_flip(padding=4, mode="constant"):
    return lambda batch: {**batch, "image": flipped(cropped(batch["image"], padding, mode))}


def count(split):
    return len(next(iter(split.values())))


def batches(split, size, drop_last=False, shuffle=False):
    n = count(split)
    order = torch.randperm(n) if shuffle else torch.arange(n)
    for first in range(0, n - size + 1 if drop_last else n, size):
        rows = order[first:first + size]
        yield {name: values[rows] for name, values in split.items()}


def endless(split, recipe):
    while True:
        yield from batches(split, recipe.batch, recipe.drop_last, shuffle=True)


def train_one(net, recipe, split):
    members = [recipe, *recipe.turns]
    optimizers = [member.optimizer(net) for member in members]
    rates = [[group["lr"] for group in optimizer.param_groups] for optimizer in optimizers]
    n = count(split)
    per_epoch = n // recipe.batch if recipe.drop_last else -(-n // recipe.batch)
    steps = recipe.steps or recipe.epochs * per_epoch
    net.train()
    for step, batch in zip(range(steps), endless(split, recipe)):
        turn = step % len(members)
        member, optimizer = members[turn], optimizers[turn]
        for group, rate in zip(optimizer.param_groups, rates[turn]):
            group["lr"] = rate * member.rate(step, steps)
        net.zero_grad()
        member.loss(net, recipe.augment(batch)).backward()
        if recipe.clip:
            torch.nn.utils.clip_grad_norm_(net.parameters(), recipe.clip)
        optimizer.step()


@torch.no_grad()
def evaluate(net, recipe, split):
    net.eval()
    if recipe.summary:
        return recipe.summary(net, split)
    sums = {name: 0.0 for name in recipe.metrics}
    for batch in batches(split, EVALUATED):
        for name, metric in recipe.metrics.items():
            sums[name] += metric(net, batch).double().sum().item()
    return {name: value / count(split) for name, value in sums.items()}


def train(module, sets, seed):
    """The metrics on the test split, else on the validation split, after the module's recipes."""
    torch.manual_seed(seed)
    net = module.Net()
    for recipe in [module.recipe, *module.recipe.then]:
        train_one(net, recipe, sets["train"])
    return evaluate(net, recipe, sets.get("test", sets.get("val")))


def classifies(label):
    """Accuracy of a net whose logits are of (samples, classes)."""
    return {"accuracy": lambda net, b: net(b["image"]).argmax(1) == b[label]}
