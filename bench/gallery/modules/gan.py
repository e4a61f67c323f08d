import torch
import torch.nn.functional as F
from torch import nn, optim

from recipe import Recipe

SIZE = 32


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc, self.norm1 = nn.Linear(SIZE, 64 * 7 * 7, bias=False), nn.BatchNorm1d(64 * 7 * 7)
        self.up1, self.norm2 = nn.ConvTranspose2d(64, 32, 4, 2, padding=1, bias=False), nn.BatchNorm2d(32)
        self.up2 = nn.ConvTranspose2d(32, 1, 4, 2, padding=1)

    def forward(self, z):
        x = F.relu(self.norm1(self.fc(z))).view(-1, 64, 7, 7)
        return self.up2(F.relu(self.norm2(self.up1(x)))).tanh()


class Judge(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 32, 4, 2, padding=1), nn.Conv2d(32, 64, 4, 2, padding=1)
        self.drop, self.fc = nn.Dropout(0.3), nn.Linear(64 * 7 * 7, 1)

    def forward(self, image):
        x = F.leaky_relu(self.conv2(F.leaky_relu(self.conv1(image), 0.2)), 0.2)
        return self.fc(self.drop(x.flatten(1)))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.g, self.d = Generator(), Judge()


def made(net, b):
    """A batch may bring the draws."""
    return net.g(b["z"] if "z" in b else torch.randn(len(b["image"]), SIZE))


def entropy(x, target):
    return F.binary_cross_entropy_with_logits(x, torch.full_like(x, target))


def judged(net, b):
    return entropy(net.d(b["image"]), 0.9) + entropy(net.d(made(net, b).detach()), 0.0)


def member(part, loss):
    return Recipe(data="mnist-11", epochs=15, batch=64, loss=loss,
                  metrics={"sees_real": lambda net, b: net.d(b["image"]) > 0, "sees_made": lambda net, b: net.d(made(net, b)) < 0},
                  optimizer=lambda net: optim.Adam(getattr(net, part).parameters(), lr=2e-4, betas=(0.5, 0.999)))


recipe = member("d", judged)
recipe.turns = [member("g", lambda net, b: entropy(net.d(made(net, b)), 1.0))]
