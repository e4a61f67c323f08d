import torch.nn.functional as F
from torch import nn, optim

from recipe import Recipe, classifies, cosine, crop_and_flip


class Unit(nn.Module):
    def __init__(self, inputs, out, kernel, stride=1, groups=1):
        super().__init__()
        self.conv = nn.Conv2d(inputs, out, kernel, stride, padding=kernel // 2, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(out)

    def forward(self, x):
        return self.norm(self.conv(x))


class Bottleneck(nn.Module):
    def __init__(self, inputs, out, stride):
        super().__init__()
        self.expand = Unit(inputs, 4 * inputs, 1)
        self.depthwise = Unit(4 * inputs, 4 * inputs, 3, stride, groups=4 * inputs)
        self.project = Unit(4 * inputs, out, 1)
        self.residual = stride == 1 and inputs == out

    def forward(self, x):
        y = self.project(F.relu6(self.depthwise(F.relu6(self.expand(x)))))
        return x + y if self.residual else y


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, inputs = Unit(3, 16, 3), 16
        for stage, (out, n, stride) in enumerate([(16, 1, 1), (24, 2, 1), (32, 2, 2), (64, 2, 2), (96, 2, 1), (160, 1, 2)]):
            blocks = []
            for i in range(n):
                blocks.append(Bottleneck(inputs, out, stride if i == 0 else 1))
                inputs = out
            setattr(self, f"stage{stage + 1}", nn.Sequential(*blocks))
        self.last, self.head = Unit(inputs, 320, 1), nn.Linear(320, 10)

    def forward(self, image):
        x = F.relu6(self.first(image))
        for stage in range(1, 7):
            x = getattr(self, f"stage{stage}")(x)
        return self.head(F.relu6(self.last(x)).mean((2, 3)))


recipe = Recipe(data="cifar10", epochs=5, batch=64, rate=cosine, augment=crop_and_flip(), metrics=classifies("class"),
                loss=lambda net, b: F.cross_entropy(net(b["image"]), b["class"]),
                optimizer=lambda net: optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4))
