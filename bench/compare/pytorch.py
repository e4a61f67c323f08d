"""The networks of arch/ in PyTorch.

  pytorch.py version
  pytorch.py check MODEL WEIGHTS DATA GRADIENTS   loss and gradients against those of a file, over
                                                  the first ten samples, without dropout
  pytorch.py bench eager|tuned MODEL BATCH WEIGHTS DATA SECONDS PEAK
      median microseconds of a training step and of an inference, FMA peak of the run in GFLOP/s,
      and, of `tuned`, the variant that was the fastest; PEAK is the library that measures the peak
"""

import ctypes
import json
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

TYPES = {"F32": np.float32, "I32": np.int32}


def read_tensors(path):
    with open(path, "rb") as file:
        data = file.read()
    start = 8 + int.from_bytes(data[:8], "little")
    tensors = {}
    for name, entry in json.loads(data[8:start]).items():
        if name != "__metadata__":
            begin, end = (start + offset for offset in entry["data_offsets"])
            array = np.frombuffer(data[begin:end], TYPES[entry["dtype"]])
            tensors[name] = torch.tensor(array.reshape(entry["shape"]))
    return tensors


class Trunk(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 32, 3), nn.Conv2d(32, 64, 3)
        self.fc1, self.fc2 = nn.Linear(256, 120), nn.Linear(120, 84)
        self.digit = nn.Linear(84, 10)
        self.drop = nn.Dropout(0.3)

    def features(self, x):
        x = self.drop(F.max_pool2d(F.relu(self.conv1(x)), 2))
        x = self.drop(F.max_pool2d(F.relu(self.conv2(x)), 2))
        x = self.drop(F.relu(self.fc1(x.flatten(1))))
        return self.drop(F.relu(self.fc2(x)))


def split(stacked):
    half = stacked.shape[0] // 2
    return stacked[:half], stacked[half:]


class Digit(Trunk):
    def forward(self, left, right):
        return self.digit(self.features(left)), self.digit(self.features(right))

    def forward_stacked(self, both):
        return (self.digit(self.features(both)),)

    def loss(self, outputs, labels):
        if len(outputs) == 1:
            return 2 * F.cross_entropy(outputs[0], labels["digits"])
        return (F.cross_entropy(outputs[0], labels["left"]) +
                F.cross_entropy(outputs[1], labels["right"]))

    @staticmethod
    def predict(outputs):
        a, b = outputs if len(outputs) == 2 else split(outputs[0])
        return a.argmax(1) <= b.argmax(1)


class Aux(Trunk):
    beta = 0.5

    def __init__(self):
        super().__init__()
        self.merge, self.compare = nn.Linear(168, 20), nn.Linear(20, 2)

    def verdict(self, a, b):
        return self.compare(F.relu(self.merge(torch.cat([a, b], 1))))

    def forward(self, left, right):
        a, b = self.features(left), self.features(right)
        return self.digit(a), self.digit(b), self.verdict(a, b)

    def forward_stacked(self, both):
        features = self.features(both)
        return self.digit(features), self.verdict(*split(features))

    def loss(self, outputs, labels):
        digits = Digit.loss(self, outputs[:-1], labels)
        verdict = F.cross_entropy(outputs[-1], labels["verdict"])
        return self.beta * digits + (1 - self.beta) * verdict

    @staticmethod
    def predict(outputs):
        return outputs[-1].argmax(1)


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(392, 264), nn.Linear(264, 120)
        self.fc3, self.fc4, self.fc5 = nn.Linear(120, 84), nn.Linear(84, 10), nn.Linear(10, 2)

    def verdict(self, left, right):
        x = torch.cat([left.flatten(1), right.flatten(1)], 1)
        for layer in (self.fc1, self.fc2, self.fc3, self.fc4):
            x = F.relu(layer(x))
        return (self.fc5(x),)

    def forward(self, left, right):
        return self.verdict(left, right)

    def forward_stacked(self, both):
        return self.verdict(*split(both))

    def loss(self, outputs, labels):
        return F.cross_entropy(outputs[0], labels["verdict"])

    @staticmethod
    def predict(outputs):
        return outputs[0].argmax(1)


MODELS = {"digit": Digit, "aux": Aux, "mlp": Mlp}


def load(name, weights):
    net = MODELS[name]()
    net.load_state_dict(read_tensors(weights))
    return net


def batch_of(path, batch):
    data = read_tensors(path)
    rows = torch.arange(batch) % data["train/left"].shape[0]
    images = [data["train/" + side][rows] for side in ("left", "right")]
    labels = {"left": data["train/left_digit"][rows].long(),
              "right": data["train/right_digit"][rows].long(),
              "verdict": data["train/comparison"][rows].long()}
    labels["digits"] = torch.cat([labels["left"], labels["right"]])
    return images, labels


def check(name, weights, path, expected):
    expected = read_tensors(expected)
    images, labels = batch_of(path, 10)
    good = True
    for stacked in (False, True):
        net = load(name, weights).eval()
        outputs = net.forward_stacked(torch.cat(images)) if stacked else net(*images)
        loss = net.loss(outputs, labels)
        loss.backward()
        worst = max(float((p.grad - expected[n]).abs().max() / expected[n].abs().max())
                    for n, p in net.named_parameters())
        wanted = float(expected["loss"])
        same = abs(loss.item() - wanted) <= 1e-4 * wanted and worst <= 1e-4
        print("PyTorch, %s%s: loss %.6f, expected %.6f; worst gradient differs by %.1e: %s" %
              (name, ", stacked" if stacked else "", loss.item(), wanted, worst,
               "the same work" if same else "NOT THE SAME WORK"))
        good = good and same
    sys.exit(0 if good else 1)


def median_us(call, seconds):
    for _ in range(3):
        call()
    times, begun = [], time.perf_counter()
    while len(times) < 2000 and (len(times) < 15 or time.perf_counter() - begun < seconds):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return 1e6 * sorted(times)[len(times) // 2]


def eager(name, weights, images, labels):
    net = load(name, weights)
    optimizer = torch.optim.Adam(net.parameters())

    def train():
        optimizer.zero_grad()
        net.loss(net(*images), labels).backward()
        optimizer.step()

    def predict():
        with torch.no_grad():
            return net.predict(net(*images))

    return net, train, predict


def flatten_parameters(net):
    """All parameters and gradients as views of one vector each, which is returned."""
    parameters = list(net.parameters())
    flat = nn.Parameter(torch.cat([p.detach().flatten() for p in parameters]))
    flat.grad = torch.zeros_like(flat)
    at = 0
    for p in parameters:
        p.data = flat.data[at:at + p.numel()].view_as(p)
        p.grad = flat.grad[at:at + p.numel()].view_as(p)
        at += p.numel()
    return flat


def tuned_steps(name, weights, images, labels):
    """Training steps by name of the variant: one call on stacked images; formats and optimizers."""
    for form in ("", "channels last"):
        for kind in ("flat Adam", "foreach Adam"):
            net = load(name, weights)
            both = torch.cat(images)
            if form:
                net, both = net.to(memory_format=torch.channels_last), both.contiguous(
                    memory_format=torch.channels_last)
            if kind == "flat Adam":
                flat = flatten_parameters(net)
                optimizer = torch.optim.Adam([flat])
                clear = flat.grad.zero_
            else:
                optimizer = torch.optim.Adam(net.parameters(), foreach=True)
                clear = lambda optimizer=optimizer: optimizer.zero_grad(set_to_none=True)

            def train(net=net, both=both, optimizer=optimizer, clear=clear):
                clear()
                net.loss(net.forward_stacked(both), labels).backward()
                optimizer.step()

            yield ", ".join(filter(None, [form, kind])), train


def tuned_inference(name, weights, images):
    net = load(name, weights).eval()
    both = torch.cat(images)
    net.forward = net.forward_stacked
    with torch.no_grad():
        traced = torch.jit.freeze(torch.jit.trace(net, both))
        optimized = torch.jit.optimize_for_inference(traced)
    for variant, run in (("eager", net), ("jit", traced), ("jit, oneDNN", optimized)):
        def predict(run=run):
            with torch.inference_mode():
                return net.predict(run(both))

        yield variant, predict


def bench(variant, name, batch, weights, path, seconds, library):
    torch.set_num_threads(1)
    torch.manual_seed(1)
    peak = ctypes.CDLL(library).peak_gflops
    peak.restype = ctypes.c_double
    images, labels = batch_of(path, batch)
    chosen = ""
    if variant == "eager":
        net, train, predict = eager(name, weights, images, labels)
    else:
        torch.set_flush_denormal(True)
        steps = dict(tuned_steps(name, weights, images, labels))
        runs = dict(tuned_inference(name, weights, images))
        step = min(steps, key=lambda key: median_us(steps[key], seconds / 4))
        run = min(runs, key=lambda key: median_us(runs[key], seconds / 4))
        train, predict, chosen = steps[step], runs[run], "%s; %s" % (step, run)
    best = peak()
    step_us = median_us(train, seconds)
    best = max(best, peak())
    if variant == "eager":
        net.eval()
    infer_us = median_us(predict, seconds)
    best = max(best, peak())
    print("%.3f %.3f %.1f %s" % (step_us, infer_us, best, chosen))


def version():
    torch.ones(64, 64) @ torch.ones(64, 64)
    with open("/proc/self/maps") as maps:
        names = {line.split("/")[-1].strip() for line in maps if "blas" in line}
    blas = next((n for n in sorted(names) if "openblas" in n), "reference BLAS")
    print("%s (%s)" % (torch.__version__, blas))


if __name__ == "__main__":
    command, arguments = sys.argv[1], sys.argv[2:]
    if command == "version":
        version()
    elif command == "check":
        check(*arguments)
    else:
        bench(arguments[0], arguments[1], int(arguments[2]), arguments[3], arguments[4],
              float(arguments[5]), arguments[6])
