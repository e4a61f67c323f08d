import torch.nn.functional as F
from torch import nn, optim

from recipe import Recipe, classifies, cosine


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = nn.Linear(784, 512), nn.Linear(512, 256), nn.Linear(256, 10)

    def forward(self, image):
        x = F.dropout(image.flatten(1), 0.2, self.training)
        x = F.dropout(F.relu(self.fc1(x)), 0.3, self.training)
        x = F.dropout(F.relu(self.fc2(x)), 0.3, self.training)
        return self.fc3(x)


recipe = Recipe(data="mnist", epochs=20, batch=64, rate=cosine, metrics=classifies("digit"),
                loss=lambda net, b: F.cross_entropy(net(b["image"]), b["digit"]),
                optimizer=lambda net: optim.Adam(net.parameters(), lr=1e-3))
