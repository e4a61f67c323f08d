import torch
import torch.nn.functional as F
from torch import nn, optim

from recipe import Recipe, classifies, cosine, crop_and_flip

GROWTH = 12


class Unit(nn.Module):
    def __init__(self, inputs, out, kernel):
        super().__init__()
        self.norm, self.conv = nn.BatchNorm2d(inputs), nn.Conv2d(inputs, out, kernel, padding=kernel // 2, bias=False)

    def forward(self, x):
        return self.conv(F.relu(self.norm(x)))


class Layer(nn.Module):
    def __init__(self, inputs):
        super().__init__()
        self.inner, self.outer = Unit(inputs, 4 * GROWTH, 1), Unit(4 * GROWTH, GROWTH, 3)

    def forward(self, x):
        return torch.cat([x, self.outer(self.inner(x))], 1)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        width = 2 * GROWTH
        self.first = nn.Conv2d(3, width, 3, padding=1, bias=False)
        for stage in range(1, 4):
            setattr(self, f"block{stage}", nn.Sequential(*(Layer(width + i * GROWTH) for i in range(6))))
            width += 6 * GROWTH
            if stage < 3:
                setattr(self, f"transition{stage}", Unit(width, width // 2, 1))
                width //= 2
        self.last, self.head = nn.BatchNorm2d(width), nn.Linear(width, 10)

    def forward(self, image):
        x = self.block1(self.first(image))
        x = self.block2(F.avg_pool2d(self.transition1(x), 2))
        x = self.block3(F.avg_pool2d(self.transition2(x), 2))
        return self.head(F.relu(self.last(x)).mean((2, 3)))


recipe = Recipe(data="cifar10", epochs=5, batch=64, rate=cosine, augment=crop_and_flip(), metrics=classifies("class"),
                loss=lambda net, b: F.cross_entropy(net(b["image"]), b["class"]),
                optimizer=lambda net: optim.SGD(net.parameters(), lr=0.1, momentum=0.9, nesterov=True,
                                                weight_decay=1e-4))
