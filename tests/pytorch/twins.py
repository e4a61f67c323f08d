"""Networks written as PyTorch modules, the way their users would, by the paths of their architectures. Attributes have
the names of the layers, so that a state_dict is the weights file. A twin gives the loss of a phase, from 0, at a point of
the training, and what the architecture predicts: logits where it predicts a class. Those of tests/models are in models.py,
those of arch/gallery are the modules of bench/gallery, where they are trained, too."""

import glob
import importlib
import os
import sys

import torch
from torch import nn
from torch.nn import functional as F

import models
from models import Classifier


class Trunk(nn.Module):
    """14x14 to 84 features; dropout is no part of what is compared."""

    def __init__(self, channels=1):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(channels, 32, 3), nn.Conv2d(32, 64, 3)
        self.fc1, self.fc2 = nn.Linear(256, 120), nn.Linear(120, 84)

    def trunk(self, x):
        for conv in (self.conv1, self.conv2):
            x = F.max_pool2d(F.relu(conv(x)), 2)
        return F.relu(self.fc2(F.relu(self.fc1(x.flatten(1)))))


class Pairs(Trunk):
    """The study's networks whose two images share a trunk."""

    def __init__(self):
        super().__init__()
        self.merge, self.compare = nn.Linear(168, 20), nn.Linear(20, 2)

    def verdict(self, d):
        both = torch.cat([self.trunk(d["left"]), self.trunk(d["right"])], 1)
        return self.compare(F.relu(self.merge(both)))

    def loss(self, d, phase, epoch, epochs):
        return F.cross_entropy(self.verdict(d), d["comparison"])

    def predict(self, d):
        return {"comparison": self.verdict(d)}


class WithDigits(Pairs):
    def __init__(self):
        super().__init__()
        self.digit = nn.Linear(84, 10)

    def digits(self, d):
        return (F.cross_entropy(self.digit(self.trunk(d["left"])), d["left_digit"]) +
                F.cross_entropy(self.digit(self.trunk(d["right"])), d["right_digit"]))


class Aux(WithDigits):
    def loss(self, d, phase, epoch, epochs):
        beta = (epochs - epoch) / epochs
        return beta * self.digits(d) + (1 - beta) * super().loss(d, phase, epoch, epochs)


class Transfer(WithDigits):
    def loss(self, d, phase, epoch, epochs):
        return super().loss(d, phase, epoch, epochs) if phase else self.digits(d)


class Digit(Trunk):
    def __init__(self):
        super().__init__()
        self.digit = nn.Linear(84, 10)

    loss = lambda self, d, phase, epoch, epochs: WithDigits.digits(self, d)

    def predict(self, d):
        logits = {side + "_digit": self.digit(self.trunk(d[side])) for side in ("left", "right")}
        first, second = (logits[side + "_digit"].argmax(1) for side in ("left", "right"))
        return {**logits, "comparison": (first <= second).double()}


class Cnn(Trunk):
    def __init__(self):
        super().__init__(channels=2)
        self.compare = nn.Linear(84, 2)

    def predict(self, d):
        return {"comparison": self.compare(self.trunk(d["pair"]))}

    def loss(self, d, phase, epoch, epochs):
        return F.cross_entropy(self.predict(d)["comparison"], d["comparison"])


class PairMlp(nn.Module):
    def __init__(self):
        super().__init__()
        sizes = [392, 264, 120, 84, 10, 2]
        for i in range(5):
            setattr(self, "fc%d" % (i + 1), nn.Linear(sizes[i], sizes[i + 1]))

    def predict(self, d):
        x = torch.cat([d["left"].flatten(1), d["right"].flatten(1)], 1)
        for layer in (self.fc1, self.fc2, self.fc3, self.fc4):
            x = F.relu(layer(x))
        return {"comparison": self.fc5(x)}

    loss = Cnn.loss


class Residual(Classifier):
    label = "digit"

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(1, 16, 5, stride=2, padding=2)
        self.grouped, self.mixed = nn.Conv2d(16, 16, 3, padding=1, groups=4), nn.Conv2d(16, 16, 1)
        self.wide, self.classify = nn.Conv2d(16, 32, 3, padding=1), nn.Linear(288, 10)

    def forward(self, x):
        x = F.relu(self.stem(x))
        x = F.relu(x + self.mixed(F.relu(self.grouped(x))))
        x = F.max_pool2d(x, 3, 2, 1)
        return self.classify(F.avg_pool2d(F.relu(self.wide(x)), 2).flatten(1))


def of_gallery(module):
    """The net of a file of bench/gallery; its recipes have the losses of the phases."""
    class Twin(module.Net):
        def __init__(self):
            super().__init__()
            # A batch norm takes the batch's statistics; dropout is no part of what is compared.
            self.train(any("running_mean" in name for name, _ in self.named_buffers()))
            for part in self.modules():
                if isinstance(part, nn.Dropout):
                    part.eval()

        def loss(self, d, phase, epoch, epochs):
            return [module.recipe, *module.recipe.then, *module.recipe.turns][phase].loss(self, d)

        def predict(self, d):
            return {}

    return Twin


def gallery():
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../bench/gallery")
    sys.path.append(folder)
    names = (os.path.splitext(os.path.basename(path))[0] for path in glob.glob(os.path.join(folder, "modules", "*.py")))
    return {"arch/gallery/" + name: of_gallery(importlib.import_module("modules." + name)) for name in names}


TWINS = {
    "arch/mlp": PairMlp, "arch/cnn": Cnn, "arch/sharing": Pairs, "arch/aux": Aux, "arch/transfer": Transfer,
    "arch/digit": Digit, "arch/residual": Residual, **models.TWINS, **gallery(),
}
