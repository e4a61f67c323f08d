import torch
import torch.nn.functional as F
from torch import nn, optim

from recipe import Recipe, cosine

ANSWERS = torch.tensor([[0, 1, 0, 1, 0, 1, 0, 1, 0, 1],   # odd
                        [0, 0, 1, 1, 0, 1, 0, 1, 0, 0],   # prime
                        [1, 0, 0, 0, 0, 0, 1, 0, 1, 1],   # has a loop
                        [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]])  # above 4


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 16, 5, padding=2), nn.Conv2d(16, 32, 5)
        self.fc1, self.fc2 = nn.Linear(800, 128), nn.Linear(128, 4)

    def forward(self, image):
        x = F.max_pool2d(F.relu(self.conv1(image)), 2)
        x = F.relu(self.fc1(F.max_pool2d(F.relu(self.conv2(x)), 2).flatten(1)))
        return self.fc2(F.dropout(x, 0.3, self.training))


def answers(b):
    return ANSWERS.T[b["digit"]].to(b["image"].dtype)


def right(net, b):
    return (net(b["image"]) >= 0) == (answers(b) > 0)


recipe = Recipe(data="mnist", epochs=5, batch=64, rate=cosine,
                loss=lambda net, b: F.binary_cross_entropy_with_logits(net(b["image"]), answers(b)),
                metrics={"accuracy": lambda net, b: right(net, b).double().mean(1),
                         "all_four": lambda net, b: right(net, b).all(1)},
                optimizer=lambda net: optim.Adam(net.parameters(), lr=1e-3))
