import torch.nn.functional as F
from torch import nn, optim

from recipe import Recipe, classifies, cosine, crop_and_flip

WIDTH, DEPTH, KERNEL = 64, 4, 5


class Unit(nn.Module):
    """Convolution, GELU, batch norm."""
    def __init__(self, inputs, *options, **more):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(inputs, WIDTH, *options, **more), nn.BatchNorm2d(WIDTH)

    def forward(self, x):
        return self.norm(F.gelu(self.conv(x)))


class Mix(nn.Module):
    def __init__(self):
        super().__init__()
        self.place, self.channel = Unit(WIDTH, KERNEL, groups=WIDTH, padding="same"), Unit(WIDTH, 1)

    def forward(self, x):
        return self.channel(x + self.place(x))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.patch = Unit(3, 2, 2)
        for i in range(DEPTH):
            setattr(self, f"mix{i}", Mix())
        self.head = nn.Linear(WIDTH, 10)

    def forward(self, image):
        x = self.patch(image)
        for i in range(DEPTH):
            x = getattr(self, f"mix{i}")(x)
        return self.head(x.mean((2, 3)))


recipe = Recipe(data="cifar10", epochs=5, batch=64, rate=cosine, augment=crop_and_flip(), metrics=classifies("class"),
                loss=lambda net, b: F.cross_entropy(net(b["image"]), b["class"]),
                optimizer=lambda net: optim.AdamW(net.parameters(), lr=5e-3, weight_decay=0.01))
