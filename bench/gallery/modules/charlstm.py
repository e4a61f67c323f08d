from torch import nn

from modules.chargpt import CHARACTERS, SUMMARY, WIDTH
from modules.chargru import recipe


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(CHARACTERS, WIDTH)
        self.lstm = nn.LSTM(WIDTH, WIDTH, batch_first=True)
        self.head = nn.Linear(WIDTH, CHARACTERS)

    def forward(self, text):
        return self.head(self.lstm(self.embedding(text))[0])
