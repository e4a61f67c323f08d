from torch import nn, optim

from modules.chargpt import CHARACTERS, SUMMARY, WIDTH, loss, score
from recipe import Recipe, cosine


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(CHARACTERS, WIDTH)
        self.gru = nn.GRU(WIDTH, WIDTH, batch_first=True)
        self.head = nn.Linear(WIDTH, CHARACTERS)

    def forward(self, text):
        return self.head(self.gru(self.embedding(text))[0])


def rate(step, steps):
    return min((step + 1) / 100, 1) * (0.05 + 0.95 * cosine(step, steps))


recipe = Recipe(data="text", steps=2000, batch=64, clip=1, rate=rate, metrics={}, summary=score, loss=loss,
                optimizer=lambda net: optim.Adam(net.parameters(), lr=2e-3, betas=(0.9, 0.99)))
