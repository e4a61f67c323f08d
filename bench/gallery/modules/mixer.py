import torch.nn.functional as F
from torch import nn, optim

from recipe import Recipe, classifies, cosine, crop_and_flip

WIDTH, DEPTH, PATCHES = 128, 4, 64


class Mlp(nn.Module):
    def __init__(self, width, wide):
        super().__init__()
        self.wide, self.narrow = nn.Linear(width, wide), nn.Linear(wide, width)

    def forward(self, x):
        return self.narrow(F.gelu(self.wide(x)))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.places, self.channels = Mlp(PATCHES, 64), Mlp(WIDTH, 256)

    def forward(self, x):
        x = x + self.places(self.norm1(x).transpose(1, 2)).transpose(1, 2)
        return x + self.channels(self.norm2(x))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.patch = nn.Conv2d(3, WIDTH, 4, 4)
        for i in range(DEPTH):
            setattr(self, f"block{i}", Block())
        self.norm, self.head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 10)

    def forward(self, image):
        x = self.patch(image).flatten(2).transpose(1, 2)
        for i in range(DEPTH):
            x = getattr(self, f"block{i}")(x)
        return self.head(self.norm(x).mean(1))


recipe = Recipe(data="cifar10", epochs=10, batch=128, rate=cosine, augment=crop_and_flip(), metrics=classifies("class"),
                loss=lambda net, b: F.cross_entropy(net(b["image"]), b["class"]),
                optimizer=lambda net: optim.AdamW(net.parameters(), lr=1e-3, weight_decay=0.05))
