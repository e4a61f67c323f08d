import torch
import torch.nn.functional as F
from torch import nn, optim

from recipe import Recipe, cosine

TEMPERATURE = 4


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.teacher1, self.teacher2 = nn.Conv2d(1, 16, 5, padding=2), nn.Conv2d(16, 32, 5)
        self.teacher3, self.teacher4 = nn.Linear(800, 128), nn.Linear(128, 10)
        self.student1, self.student2 = nn.Linear(784, 32), nn.Linear(32, 10)

    def teacher(self, image):
        x = F.max_pool2d(F.relu(self.teacher1(image)), 2)
        x = F.max_pool2d(F.relu(self.teacher2(x)), 2).flatten(1)
        return self.teacher4(F.relu(self.teacher3(x)))

    def forward(self, image):
        return self.student2(F.relu(self.student1(image.flatten(1))))


def taught(net, b):
    with torch.no_grad():
        soft = (net.teacher(b["image"]) / TEMPERATURE).softmax(1)
    answer = net(b["image"])
    return TEMPERATURE ** 2 * F.cross_entropy(answer / TEMPERATURE, soft) + 0.1 * F.cross_entropy(answer, b["digit"])


def phase(epochs, loss):
    return Recipe(data="mnist", epochs=epochs, batch=64, rate=cosine, loss=loss,
                  metrics={"accuracy": lambda net, b: net(b["image"]).argmax(1) == b["digit"],
                           "teacher": lambda net, b: net.teacher(b["image"]).argmax(1) == b["digit"]},
                  optimizer=lambda net: optim.Adam(net.parameters(), lr=2e-3))


recipe = phase(4, lambda net, b: F.cross_entropy(net.teacher(b["image"]), b["digit"]))
recipe.then = [phase(10, taught)]
