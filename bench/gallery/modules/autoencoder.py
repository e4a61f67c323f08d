import torch.nn.functional as F
from torch import nn, optim

from recipe import Recipe, cosine


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 16, 3, 2, padding=1), nn.Conv2d(16, 32, 3, 2, padding=1)
        self.code, self.grow = nn.Linear(32 * 7 * 7, 16), nn.Linear(16, 32 * 7 * 7)
        self.up1, self.up2 = nn.ConvTranspose2d(32, 16, 4, 2, padding=1), nn.ConvTranspose2d(16, 1, 4, 2, padding=1)

    def forward(self, image):
        code = self.code(F.relu(self.conv2(F.relu(self.conv1(image)))).flatten(1))
        x = F.relu(self.grow(code)).view(-1, 32, 7, 7)
        return self.up2(F.relu(self.up1(x)))


recipe = Recipe(data="mnist", epochs=10, batch=64, rate=cosine,
                loss=lambda net, b: F.mse_loss(net(b["image"]), b["image"]),
                metrics={"loss": lambda net, b: (net(b["image"]) - b["image"]).square().mean((1, 2, 3))},
                optimizer=lambda net: optim.Adam(net.parameters(), lr=1e-3))
