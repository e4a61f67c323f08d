import torch
import torch.nn.functional as F
from torch import nn, optim

from recipe import Recipe, cosine

MARGIN = 1


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 32, 3, padding=1), nn.Conv2d(32, 64, 3, padding=1)
        self.fc1, self.fc2 = nn.Linear(576, 64), nn.Linear(64, 16)

    def features(self, image):
        x = F.max_pool2d(F.relu(self.conv1(image)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))

    def forward(self, b):
        """The square of the distance."""
        return (self.features(b["left"]) - self.features(b["right"])).square().sum(1)


def distance(square):
    return (square + 1e-6).sqrt()


def same(b):
    return b["left_digit"] == b["right_digit"]


def contrastive(net, b):
    square = net(b)
    return torch.where(same(b), square, (MARGIN - distance(square)).clamp(min=0).square()).mean()


recipe = Recipe(data="pairs", epochs=20, batch=64, rate=cosine, loss=contrastive,
                metrics={"accuracy": lambda net, b: (distance(net(b)) < MARGIN / 2) == same(b)},
                optimizer=lambda net: optim.Adam(net.parameters(), lr=1e-3))
