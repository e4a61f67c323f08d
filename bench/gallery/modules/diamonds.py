import torch
import torch.nn.functional as F
from torch import nn, optim

from recipe import Recipe, cosine

CENTRE = 7.8  # of the logarithms of prices
SUMMARY = ["r2"]


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.cut, self.color, self.clarity = nn.Embedding(5, 3), nn.Embedding(7, 4), nn.Embedding(8, 4)
        self.fc1, self.norm1 = nn.Linear(17, 128, bias=False), nn.BatchNorm1d(128)
        self.fc2, self.norm2 = nn.Linear(128, 64, bias=False), nn.BatchNorm1d(64)
        self.fc3 = nn.Linear(64, 1)

    def forward(self, b):
        words = [self.cut(b["cut"]), self.color(b["color"]), self.clarity(b["clarity"])]
        x = F.relu(self.norm1(self.fc1(torch.cat([b["features"], *words], 1))))
        return self.fc3(F.relu(self.norm2(self.fc2(x))))


def logarithm(b):
    return b["price"].view(-1, 1).log() - CENTRE


def score(net, split):
    y, t = net(split).double(), logarithm(split).double()
    return {"r2": (1 - (y - t).square().mean() / t.var(unbiased=False)).item()}


recipe = Recipe(data="diamonds", epochs=20, batch=128, rate=cosine, metrics={}, summary=score,
                loss=lambda net, b: F.mse_loss(net(b), logarithm(b)),
                optimizer=lambda net: optim.AdamW(net.parameters(), lr=5e-3, weight_decay=0.01))
