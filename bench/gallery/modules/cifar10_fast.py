import torch.nn.functional as F
from torch import nn, optim

from recipe import Recipe, classifies, crop_and_flip, triangle


def norm(channels):
    layer = nn.BatchNorm2d(channels, momentum=0.4)
    layer.weight.requires_grad = False
    return layer


class Group(nn.Module):
    def __init__(self, inputs, out):
        super().__init__()
        self.conv1, self.norm1 = nn.Conv2d(inputs, out, 3, padding=1, bias=False), norm(out)
        self.conv2, self.norm2 = nn.Conv2d(out, out, 3, padding=1, bias=False), norm(out)

    def forward(self, x):
        x = F.gelu(self.norm1(F.max_pool2d(self.conv1(x), 2)))
        return F.gelu(self.norm2(self.conv2(x)))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 24, 2)
        self.group1, self.group2, self.group3 = Group(24, 64), Group(64, 256), Group(256, 256)
        self.head = nn.Linear(256, 10, bias=False)

    def forward(self, image):
        x = self.group3(self.group2(self.group1(F.gelu(self.first(image)))))
        return self.head(F.max_pool2d(x, 3).flatten(1)) / 9


recipe = Recipe(data="cifar10", epochs=10, batch=512, drop_last=True, rate=triangle(0.23),
                augment=crop_and_flip(2, "reflect"), metrics=classifies("class"),
                loss=lambda net, b: F.cross_entropy(net(b["image"]), b["class"], label_smoothing=0.1),
                optimizer=lambda net: optim.SGD([p for p in net.parameters() if p.requires_grad], lr=1.5, momentum=0.85,
                                                nesterov=True, weight_decay=5e-4))
