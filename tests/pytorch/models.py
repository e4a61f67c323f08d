"""Networks of tests/models as PyTorch modules, as twins.py has those of arch."""

import torch
from torch import nn
from torch.nn import functional as F


class Twin(nn.Module):
    def predict(self, d):
        return {}


class Classifier(Twin):
    """Of a field; `label` names the label, which is predicted under its own name."""
    field, label = "image", "kind"

    def predict(self, d):
        return {self.label: self(d[self.field])}

    def loss(self, d, phase, epoch, epochs):
        return F.cross_entropy(self(d[self.field]), d[self.label])


class Vgg(Classifier):
    def __init__(self):
        super().__init__()
        inputs = 3
        for i in (1, 2, 3):
            for j in (1, 2):
                setattr(self, f"conv{i}{j}", nn.Conv2d(inputs, 16 << i, 3, padding=1))
                inputs = 16 << i
        self.fc1, self.fc2 = nn.Linear(128 * 16, 128), nn.Linear(128, 10)

    def forward(self, x):
        for i in (1, 2, 3):
            x = F.max_pool2d(F.relu(getattr(self, f"conv{i}2")(F.relu(getattr(self, f"conv{i}1")(x)))), 2)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


class ResNet8(Classifier):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 16, 3, padding=1)
        for name, width, out in (("one", 16, 16), ("two", 16, 32), ("three", 32, 64)):
            stride = out // width
            setattr(self, name + "a", nn.Conv2d(width, out, 3, stride=stride, padding=1))
            setattr(self, name + "b", nn.Conv2d(out, out, 3, padding=1))
            if stride > 1:
                setattr(self, name + "s", nn.Conv2d(width, out, 1, stride=stride))
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        x = F.relu(self.first(x))
        for name in ("one", "two", "three"):
            y = getattr(self, name + "b")(F.relu(getattr(self, name + "a")(x)))
            x = F.relu(y + getattr(self, name + "s", nn.Identity())(x))
        return self.fc(F.avg_pool2d(x, 8).flatten(1))


class DsCnn(Classifier):
    field, label = "spectrogram", "word"

    def __init__(self):
        super().__init__()
        self.conv, self.fc = nn.Conv2d(1, 64, (10, 4), 2, padding=(5, 1)), nn.Linear(64, 12)
        for i in range(1, 5):
            setattr(self, f"depth{i}", nn.Conv2d(64, 64, 3, padding=1, groups=64))
            setattr(self, f"point{i}", nn.Conv2d(64, 64, 1))

    def forward(self, x):
        x = F.relu(self.conv(x))
        for i in range(1, 5):
            x = F.relu(getattr(self, f"point{i}")(F.relu(getattr(self, f"depth{i}")(x))))
        return self.fc(F.avg_pool2d(x, (25, 5)).flatten(1))


class SqueezeNet(Classifier):
    FIRES = [(24, 8, 16), (32, 8, 16), (32, 12, 24), (48, 12, 24)]

    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Conv2d(3, 24, 3, 2, padding=1), nn.Conv2d(48, 10, 1)
        for i, (inputs, few, out) in enumerate(self.FIRES, 1):
            setattr(self, f"fire{i}_squeeze", nn.Conv2d(inputs, few, 1))
            setattr(self, f"fire{i}_one", nn.Conv2d(few, out, 1))
            setattr(self, f"fire{i}_nine", nn.Conv2d(few, out, 3, padding=1))

    def fire(self, i, x):
        x = F.relu(getattr(self, f"fire{i}_squeeze")(x))
        return F.relu(torch.cat([getattr(self, f"fire{i}_one")(x), getattr(self, f"fire{i}_nine")(x)], 1))

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.first(x)), 2)
        x = F.max_pool2d(self.fire(2, self.fire(1, x)), 2)
        return F.relu(self.last(self.fire(4, self.fire(3, x)))).mean((2, 3))


class Signals(Classifier):
    field, label = "signal", "activity"

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv1d(3, 16, 7, padding=3), nn.Conv1d(16, 32, 5, padding="same")
        self.conv3, self.fc = nn.Conv1d(32, 32, 3, dilation=2), nn.Linear(32, 6)

    def forward(self, x):
        x = F.max_pool1d(F.relu(self.conv1(x)), 2)
        x = F.relu(self.conv3(F.max_pool1d(F.relu(self.conv2(x)), 2)))
        return self.fc(x.mean(2))


class Characters(Classifier):
    field, label = "before", "next"

    def __init__(self):
        super().__init__()
        self.letters, self.last = nn.Embedding(40, 12), nn.Linear(24, 40)
        for i in range(1, 6):
            setattr(self, f"conv{i}", nn.Conv1d(12 if i == 1 else 24, 24, 2, 2))

    def forward(self, text):
        x = self.letters(text).transpose(1, 2)
        for i in range(1, 6):
            x = F.silu(getattr(self, f"conv{i}")(x))
        return self.last(x.flatten(1))


class Focal(Classifier):
    def __init__(self):
        super().__init__()
        self.conv1, self.fc1, self.fc2 = nn.Conv2d(1, 12, 3), nn.Linear(300, 24), nn.Linear(24, 5)

    def forward(self, x):
        return self.fc2(F.relu(self.fc1(F.max_pool2d(F.relu(self.conv1(x)), 2).flatten(1))))

    def loss(self, d, phase, epoch, epochs):
        logits = self(d["image"])
        surprise = F.cross_entropy(logits, d["kind"], reduction="none")
        return (((1 - (-surprise).exp()) ** 2 * surprise).mean() +
                0.1 * F.cross_entropy(logits, d["kind"], label_smoothing=0.1))


class Segment(Twin):
    def __init__(self):
        super().__init__()
        for i, dilation in enumerate((1, 2, 4), 1):
            setattr(self, f"conv{i}", nn.Conv2d(2 if i == 1 else 16, 16, 3, dilation=dilation, padding=dilation))
        self.last = nn.Conv2d(16, 4, 1)

    def loss(self, d, phase, epoch, epochs):
        x = d["image"]
        for conv in (self.conv1, self.conv2, self.conv3):
            x = F.relu(conv(x))
        return F.cross_entropy(self.last(x), d["pixels"], ignore_index=3)


class Autoencoder(Twin):
    def __init__(self):
        super().__init__()
        self.encoder1, self.encoder2 = nn.Linear(144, 48), nn.Linear(48, 6)
        self.decoder1, self.decoder2 = nn.Linear(6, 48), nn.Linear(48, 144)

    def predict(self, d):
        code = self.encoder2(F.relu(self.encoder1(d["image"].flatten(1))))
        return {"code": code, "again": self.decoder2(F.relu(self.decoder1(code)))}

    def loss(self, d, phase, epoch, epochs):
        return F.mse_loss(self.predict(d)["again"], d["image"].flatten(1))


class Huber(Twin):
    def __init__(self):
        super().__init__()
        self.kinds = nn.Embedding(7, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(14, 40), nn.Linear(40, 20), nn.Linear(20, 1)

    def loss(self, d, phase, epoch, epochs):
        x = torch.cat([d["columns"], self.kinds(d["kind"])], 1)
        return F.huber_loss(self.fc3(F.silu(self.fc2(F.silu(self.fc1(x))))), d["price"], delta=0.5)


class Triplet(Twin):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(20, 33), nn.Linear(33, 8)

    def unit(self, x):
        y = self.fc2(F.relu(self.fc1(x)))
        return y / (y.square().sum(1, keepdim=True) + 1e-6).sqrt()

    def predict(self, d):
        return {"a": self.unit(d["anchor"])}

    def loss(self, d, phase, epoch, epochs):
        a, p, n = (self.unit(d[name]) for name in ("anchor", "positive", "negative"))
        return ((a - p).square().sum(1) - (a - n).square().sum(1) + 0.2).clamp(min=0).mean()


TWINS = {"tests/models/" + name: module for name, module in {
    "autoencoder": Autoencoder, "characters": Characters, "cnn1d": Signals, "dscnn": DsCnn, "focal": Focal, "huber": Huber,
    "resnet8": ResNet8, "segment": Segment, "squeezenet": SqueezeNet, "triplet": Triplet, "vgg_small": Vgg}.items()}
