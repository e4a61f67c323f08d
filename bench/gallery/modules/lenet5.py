import torch.nn.functional as F
from torch import nn, optim

from recipe import Recipe, classifies, cosine


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, image):
        x = F.max_pool2d(F.relu(self.conv1(image)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2).flatten(1)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


recipe = Recipe(data="mnist", epochs=10, batch=64, rate=cosine, metrics=classifies("digit"),
                loss=lambda net, b: F.cross_entropy(net(b["image"]), b["digit"]),
                optimizer=lambda net: optim.Adam(net.parameters(), lr=2e-3))
