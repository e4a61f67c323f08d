import torch.nn.functional as F
from torch import nn, optim

from recipe import Recipe, classifies, cosine, crop_and_flip


class Block(nn.Module):
    def __init__(self, inputs, out, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, out, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)
        self.stride, self.new = stride, (out - inputs) // 2

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.stride > 1:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.new, self.new))
        return F.relu(x + y)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16)
        self.layer1 = nn.Sequential(Block(16, 16, 1), Block(16, 16, 1), Block(16, 16, 1))
        self.layer2 = nn.Sequential(Block(16, 32, 2), Block(32, 32, 1), Block(32, 32, 1))
        self.layer3 = nn.Sequential(Block(32, 64, 2), Block(64, 64, 1), Block(64, 64, 1))
        self.fc = nn.Linear(64, 10)
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                nn.init.kaiming_normal_(module.weight)

    def forward(self, image):
        x = F.relu(self.bn1(self.conv1(image)))
        return self.fc(self.layer3(self.layer2(self.layer1(x))).mean((2, 3)))


recipe = Recipe(data="cifar10", epochs=30, batch=128, rate=cosine, augment=crop_and_flip(), metrics=classifies("class"),
                loss=lambda net, b: F.cross_entropy(net(b["image"]), b["class"]),
                optimizer=lambda net: optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4))
