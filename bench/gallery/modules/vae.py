import torch
import torch.nn.functional as F
from torch import nn, optim

from recipe import Recipe

SIZE = 8


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.encode, self.decode = nn.Linear(784, 400), nn.Linear(SIZE, 400)
        self.mean, self.log_variance = nn.Linear(400, SIZE), nn.Linear(400, SIZE)
        self.picture = nn.Linear(400, 784)


def parts(net, b):
    """Error of the picture and divergence of the code, a value per sample. A batch may bring the draws."""
    image = b["image"].flatten(1)
    hidden = F.relu(net.encode(image))
    mean, log_variance = net.mean(hidden), net.log_variance(hidden)
    noise = b["noise"] if "noise" in b else torch.randn_like(mean)
    picture = net.picture(F.relu(net.decode(mean + (log_variance / 2).exp() * noise)))
    error = F.binary_cross_entropy_with_logits(picture, image, reduction="none").sum(1)
    return error, (mean.square() + log_variance.exp() - log_variance - 1).sum(1) / 2


recipe = Recipe(data="mnist-01", epochs=20, batch=128, loss=lambda net, b: sum(parts(net, b)).mean(),
                metrics={"error": lambda net, b: parts(net, b)[0], "divergence": lambda net, b: parts(net, b)[1]},
                optimizer=lambda net: optim.Adam(net.parameters(), lr=1e-3))
