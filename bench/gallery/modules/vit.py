import torch
import torch.nn.functional as F
from torch import nn, optim

from recipe import Recipe, classifies, crop_and_flip, warm_cosine

WIDTH, DEPTH, HEADS, PATCHES = 96, 6, 4, 64


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.attention = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)
        self.wide, self.narrow = nn.Linear(WIDTH, 2 * WIDTH), nn.Linear(2 * WIDTH, WIDTH)

    def forward(self, x):
        a = self.norm1(x)
        x = x + self.attention(a, a, a, need_weights=False)[0]
        return x + self.narrow(F.gelu(self.wide(self.norm2(x))))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.patch, self.place = nn.Conv2d(3, WIDTH, 4, 4), nn.Parameter(torch.randn(PATCHES, WIDTH) * 0.02)
        for i in range(DEPTH):
            setattr(self, f"block{i}", Block())
        self.norm, self.head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 10)

    def forward(self, image):
        x = self.patch(image).flatten(2).transpose(1, 2) + self.place
        for i in range(DEPTH):
            x = getattr(self, f"block{i}")(x)
        return self.head(self.norm(x).mean(1))


recipe = Recipe(data="cifar10", epochs=10, batch=128, rate=warm_cosine(0.1), augment=crop_and_flip(),
                metrics=classifies("class"), loss=lambda net, b: F.cross_entropy(net(b["image"]), b["class"]),
                optimizer=lambda net: optim.AdamW(net.parameters(), lr=1e-3, weight_decay=0.05))
