import torch.nn.functional as F
from torch import nn, optim

from recipe import Recipe, classifies, cosine, crop_and_flip


class Block(nn.Module):
    def __init__(self, inputs, out, stride):
        super().__init__()
        self.conv1, self.norm1 = nn.Conv2d(inputs, out, 3, stride, padding=1, bias=False), nn.BatchNorm2d(out)
        self.conv2, self.norm2 = nn.Conv2d(out, out, 3, padding=1, bias=False), nn.BatchNorm2d(out)
        self.squeeze, self.excite = nn.Linear(out, out // 8), nn.Linear(out // 8, out)
        if stride > 1 or inputs != out:
            self.shortcut = nn.Conv2d(inputs, out, 1, stride, bias=False)

    def forward(self, x):
        y = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))
        weight = self.excite(F.relu(self.squeeze(y.mean((2, 3))))).sigmoid()
        if hasattr(self, "shortcut"):
            x = self.shortcut(x)
        return F.relu(x + y * weight[:, :, None, None])


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.norm = nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16)
        self.stage1 = nn.Sequential(Block(16, 16, 1), Block(16, 16, 1))
        self.stage2 = nn.Sequential(Block(16, 32, 2), Block(32, 32, 1))
        self.stage3 = nn.Sequential(Block(32, 64, 2), Block(64, 64, 1))
        self.head = nn.Linear(64, 10)

    def forward(self, image):
        x = self.stage1(F.relu(self.norm(self.first(image))))
        return self.head(self.stage3(self.stage2(x)).mean((2, 3)))


recipe = Recipe(data="cifar10", epochs=5, batch=64, rate=cosine, augment=crop_and_flip(), metrics=classifies("class"),
                loss=lambda net, b: F.cross_entropy(net(b["image"]), b["class"]),
                optimizer=lambda net: optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4))
