"""The six networks of the study against PyTorch in double precision.

For each: the loss and all gradients at batch sizes 1, 7 and 100, the predictions, the parameters
after ten steps of SGD, and steps of Adam that are fed the program's own gradients. Samples in
which rounding could turn a decision (a ReLU input or a pooling winner within 1e-5 of the tensor's
largest value of a tie) are left out; exact ties stay, and the first of equal values wins.

usage: witness.py FOLDER [architecture...]    (a folder to work in)
"""

import csv
import gzip
import json
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import torch
import torch.nn.functional as F

SOURCE = os.environ["NNGEN_SOURCE"]
BIN = os.environ["NNGEN_BIN"]
NNGEN = os.environ["NNGEN"]
CC = os.environ.get("NNGEN_CC", "cc")
LIBRARIES = os.environ["NNGEN_LIBRARIES"].split()
ARCHITECTURES = ["mlp", "cnn", "sharing", "aux", "transfer", "digit"]
BATCHES = [1, 7, 100]
KEPT = 100
TIE = 1e-5
EXACT = 1e-12
GRADIENT_BOUND = 1e-5
SGD_BOUND = 1e-5
MOVE_BOUND = 1e-3  # of the way that the parameter went
ADAM_BOUND = 1e-6
SGD_RATE = 0.05
SGD_STEPS = 10
# A decision that rounding turns on the way moves the parameters by more than the bound, so that the
# few pairs of the descent must stay clear of ties in all its steps: by more than rounding, less than
# TIE, which no pair would.
SGD_PAIRS = 3
SGD_TIE = 1e-6

failures = []


def expect(ok, words):
    if not ok:
        print("FAILED:", words)
        failures.append(words)


def run(*command):
    result = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL,
                            capture_output=True, text=True)
    if result.returncode:
        sys.exit("status %d: %s\n%s" % (result.returncode, " ".join(map(str, command)),
                                        result.stderr))
    return result.stdout


# --- safetensors ---------------------------------------------------------------------------------

TYPES = {"F64": "<f8", "F32": "<f4", "I64": "<i8", "I32": "<i4", "U8": "|u1"}


def read_tensors(path):
    with open(path, "rb") as file:
        data = file.read()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + length])
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = (8 + length + offset for offset in entry["data_offsets"])
            array = np.frombuffer(data[begin:end], TYPES[entry["dtype"]])
            tensors[name] = array.reshape(entry["shape"])
    return tensors


def write_tensors(path, tensors):
    header, parts, offset = {}, [], 0
    names = {np.dtype(value): key for key, value in TYPES.items()}
    for name, array in tensors.items():
        part = np.ascontiguousarray(array).tobytes()
        header[name] = {"dtype": names[array.dtype], "shape": list(array.shape),
                        "data_offsets": [offset, offset + len(part)]}
        parts.append(part)
        offset += len(part)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text + b"".join(parts))


def load(path):
    return {name: torch.tensor(array.astype(np.float64))
            for name, array in read_tensors(path).items() if not name.startswith("state/")}


# --- data ----------------------------------------------------------------------------------------

def read_idx(folder, name):
    path = os.path.join(folder, name)
    if os.path.exists(path):
        data = open(path, "rb").read()
    else:
        data = gzip.open(path + ".gz").read()
    dims = [int.from_bytes(data[4 + 4 * i:8 + 4 * i], "big") for i in range(data[3])]
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(dims)


def digits(count):
    """Images of 14x14 and their classes: of MNIST, or strokes on an empty ground."""
    random = np.random.RandomState(1)
    folder = os.environ.get("NNGEN_DATA") or os.path.join(SOURCE, "data", "mnist")
    try:
        images = read_idx(folder, "train-images-idx3-ubyte")
        classes = read_idx(folder, "train-labels-idx1-ubyte")
        chosen = random.permutation(len(images))[:count]
        images = images[chosen].reshape(-1, 14, 2, 14, 2).mean((2, 4))
        return images, classes[chosen].astype(np.int64), "MNIST"
    except OSError:
        images = np.zeros((count, 14, 14))
        y, x = np.mgrid[0:14, 0:14]
        for image in images:
            for _ in range(4):
                cy, cx = random.uniform(3, 11, 2)
                image += 180 * np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / random.uniform(1, 4))
        images += random.uniform(0, 60, images.shape)
        images[images < 90] = 0
        return np.minimum(np.floor(images), 255), random.randint(0, 10, count), "drawn digits"


def make_pairs(count):
    images, classes, source = digits(2 * count)
    images = ((images - images.mean()) / images.std()).astype(np.float32)
    left, right = images[:count, None], images[count:, None]
    return {"left": left, "right": right, "pair": np.concatenate([left, right], 1),
            "left_digit": classes[:count], "right_digit": classes[count:],
            "comparison": (classes[:count] <= classes[count:]).astype(np.int64)}, source


def write_data(path, fields):
    write_tensors(path, {split + "/" + name: array for split in ("train", "val", "test")
                         for name, array in fields.items()})


# --- the networks --------------------------------------------------------------------------------

class Ties:
    """Marks the samples in which a decision is nearly a tie: closer than `margin` times the tensor's
    largest value."""

    def __init__(self, samples, margin=TIE):
        self.near = torch.zeros(samples, dtype=torch.bool)
        self.margin = margin

    def relu(self, x):
        size = x.detach().abs()
        self.near |= (size < self.margin * size.max()).flatten(1).any(1)
        return F.relu(x)

    def pool(self, x):
        n, c, h, w = x.shape
        h, w = h // 2, w // 2
        windows = x[:, :, :2 * h, :2 * w].reshape(n, c, h, 2, w, 2)
        windows = windows.permute(0, 1, 2, 4, 3, 5).reshape(n, c, h, w, 4)
        values = windows.detach()
        size = values.abs().max()
        gap = values.max(-1, keepdim=True).values - values
        # Behind a ReLU all windows without a positive value are ties at 0 that pass no gradient.
        self.near |= ((gap > EXACT * size) & (gap < self.margin * size)).flatten(1).any(1)
        order = torch.tensor([4.0, 3.0, 2.0, 1.0], dtype=torch.float64)
        winner = ((gap <= EXACT * size) * order).argmax(-1, keepdim=True)
        return windows.gather(-1, winner).squeeze(-1)


def linear(p, name, x):
    return F.linear(x, p[name + ".weight"], p[name + ".bias"])


def trunk(p, t, x):
    for name in ("conv1", "conv2"):
        x = t.pool(t.relu(F.conv2d(x, p[name + ".weight"], p[name + ".bias"])))
    x = x.flatten(1)
    for name in ("fc1", "fc2"):
        x = t.relu(linear(p, name, x))
    return x


def head(p, t, a, b):
    return linear(p, "compare", t.relu(linear(p, "merge", torch.cat([a, b], 1))))


def forward(name, p, d, t):
    """Logits of the comparison and of the two digits, as far as the network has them."""
    if name == "mlp":
        x = torch.cat([d["left"].flatten(1), d["right"].flatten(1)], 1)
        for i in range(1, 5):
            x = t.relu(linear(p, "fc%d" % i, x))
        return linear(p, "fc5", x), None, None
    if name == "cnn":
        return linear(p, "compare", trunk(p, t, d["pair"])), None, None
    a, b = trunk(p, t, d["left"]), trunk(p, t, d["right"])
    verdict = None if name == "digit" else head(p, t, a, b)
    if name == "sharing":
        return verdict, None, None
    return verdict, linear(p, "digit", a), linear(p, "digit", b)


def loss_of(name, outputs, d, phase, epoch, epochs):
    verdict, left, right = outputs
    comparison = 0 if verdict is None else F.cross_entropy(verdict, d["comparison"])
    both = 0 if left is None else (F.cross_entropy(left, d["left_digit"]) +
                                   F.cross_entropy(right, d["right_digit"]))
    if name == "aux":
        beta = (epochs - epoch) / epochs
        return beta * both + (1 - beta) * comparison
    if name == "digit" or (name == "transfer" and phase == 1):
        return both
    return comparison


def trained(name, phase, names):
    if name != "transfer":
        return list(names)
    unwanted = ("merge.", "compare.") if phase == 1 else ("conv1.", "conv2.", "digit.")
    return [n for n in names if not n.startswith(unwanted)]


def tensors_of(fields, count=None):
    return {name: torch.tensor(array[:count].astype(np.float64) if array.dtype == np.float32
                               else array[:count]) for name, array in fields.items()}


def gradients(name, parameters, fields, phase, epoch, epochs, margin=TIE):
    p = {n: value.clone().requires_grad_(True) for n, value in parameters.items()}
    ties = Ties(len(fields["left"]), margin)
    loss = loss_of(name, forward(name, p, fields, ties), fields, phase, epoch, epochs)
    wanted = trained(name, phase, p)
    found = torch.autograd.grad(loss, [p[n] for n in wanted], allow_unused=True)
    found = [torch.zeros_like(p[n]) if g is None else g for n, g in zip(wanted, found)]
    return loss.item(), dict(zip(wanted, found)), ties


def keep_clear(name, parameters, pairs):
    """The first KEPT pairs without near ties, and how many were left out before the last."""
    ties = Ties(len(pairs["left"]))
    with torch.no_grad():
        forward(name, parameters, tensors_of(pairs), ties)
    clear = np.flatnonzero(~ties.near.numpy())[:KEPT]
    expect(len(clear) == KEPT, "%s: only %d pairs are clear of ties" % (name, len(clear)))
    return {field: array[clear] for field, array in pairs.items()}, clear[-1] + 1 - len(clear)


def distance(found, wanted):
    """The largest difference relative to the wanted tensor's largest value."""
    size = np.abs(wanted).max()
    return np.abs(found - wanted).max() / size if size > 0 else np.inf


# --- the programs --------------------------------------------------------------------------------

def variant(name, folder, label, optimizer):
    """A program of the architecture without dropout and shuffling, with another optimizer."""
    arch = os.path.join(folder, label)
    shutil.copytree(os.path.join(SOURCE, "arch"), arch)
    changed = 0
    for entry in os.listdir(arch):
        path = os.path.join(arch, entry)
        if not entry.endswith(".lua"):
            continue
        text = open(path).read()
        text = re.sub(r"(nn\.dropout\w*\s*\{)[^}]*\}", r"\1 p = 0 }", text)
        if entry == name + ".lua":
            text, changed = re.subn(r"optimizer\s*=\s*nn\.\w+\s*\{[^}]*\}",
                                    "shuffle = false, optimizer = " + optimizer, text)
        open(path, "w").write(text)
    expect(changed > 0, "%s: found no optimizer to replace" % name)
    generated = os.path.join(arch, name + ".c")
    run(NNGEN, "-o", generated, os.path.join(arch, name + ".lua"))
    program = os.path.join(arch, name)
    run(CC, "-std=c11", "-O2", "-I" + SOURCE, "-I" + os.path.join(SOURCE, "runtime"),
        "-DNN_MODEL_SYMBOL=nn_model_" + name, generated,
        os.path.join(SOURCE, "runtime", "main.c"), *LIBRARIES, "-ljansson", "-lz", "-lpthread", "-lm",
        "-o", program)
    return program


def grad(program, folder, weights, data, batch, phase, epoch):
    out = os.path.join(folder, "grad.safetensors")
    run(program, "grad", "--load", weights, "--data", data, "--batch", batch, "--out", out,
        "--phase", phase, "--epoch", epoch, "--quiet")
    found = {n: array.astype(np.float64) for n, array in read_tensors(out).items()}
    return found.pop("loss").item(), found


def train(program, weights, data, epochs, batch):
    run(program, "train", "--data", data, "--epochs", epochs, "--batch", batch, "--rounds", 1,
        "--seed", 5, "--save", weights, "--quiet")
    return load(weights)


def check_gradients(name, folder, parameters, weights, fields, data):
    program = os.path.join(BIN, name)
    worst_loss, worst, where = 0, 0, ""
    cases = [(1, 0)]
    if name == "aux":
        cases = [(1, 30), (1, 99), (1, 0)]
    if name == "transfer":
        cases = [(1, 0), (2, 0), (2, 49)]
    for phase, epoch in cases:
        for batch in BATCHES:
            loss, found = grad(program, folder, weights, data, batch, phase, epoch)
            wanted_loss, wanted, _ = gradients(name, parameters, tensors_of(fields, batch),
                                               phase, epoch, 100)
            expect(sorted(found) == sorted(wanted), "%s: gradients of %s" % (name, sorted(found)))
            error = abs(loss - wanted_loss) / abs(wanted_loss)
            worst_loss = max(worst_loss, error)
            expect(error <= GRADIENT_BOUND, "%s: loss %g" % (name, error))
            for n in sorted(set(found) & set(wanted)):
                w = wanted[n].numpy()
                expect(found[n].shape == w.shape, "%s: shape of %s" % (name, n))
                if not w.any():
                    # At epoch 0 the comparison has no weight in the loss of aux.
                    expect(name == "aux" and epoch == 0 and n.startswith(("merge", "compare")),
                           "%s: the gradient of %s is zero" % (name, n))
                    expect(not found[n].any(), "%s: %s should have no gradient" % (name, n))
                    continue
                expect(batch < KEPT or not n.endswith("bias") or (w != 0).mean() > 0.75,
                       "%s: too many dead units before %s" % (name, n))
                error = distance(found[n], w)
                if error > worst:
                    worst, where = error, "%s, batch %d, phase %d" % (n, batch, phase)
                expect(error <= GRADIENT_BOUND, "%s: gradient of %s, batch %d, phase %d, epoch %d: "
                       "%g" % (name, n, batch, phase, epoch, error))
    print("  loss %.1e   gradients %.1e (%s)" % (worst_loss, worst, where))


def check_predictions(name, folder, parameters, weights, fields, data):
    out = run(os.path.join(BIN, name), "predict", "--load", weights, "--data", data, "--quiet")
    rows = list(csv.DictReader(out.splitlines()))
    expect(len(rows) == KEPT, "%s: predictions of %d pairs" % (name, len(rows)))
    d = tensors_of(fields)
    with torch.no_grad():
        verdict, left, right = forward(name, parameters, d, Ties(KEPT))
    if verdict is None:
        wanted = (left.argmax(1) <= right.argmax(1)).long()
        clear = [min(a, b) for a, b in zip(*[(top[:, 0] - top[:, 1]).tolist() for top in (
            left.topk(2).values, right.topk(2).values)])]
    else:
        wanted = verdict.argmax(1)
        clear = (verdict[:, 0] - verdict[:, 1]).abs().tolist()
    agree, of = 0, 0
    for row, w, margin in zip(rows, wanted.tolist(), clear):
        if margin > 1e-5:
            of += 1
            agree += int(float(row["comparison"])) == w
    expect(of > KEPT // 2 and agree == of, "%s: %d of %d predictions agree" % (name, agree, of))
    print("  predictions %d of %d agree" % (agree, of))


def descent(name, parameters, fields, phases):
    """Parameters after the steps of SGD, None if a decision comes near a tie."""
    for phase in range(1, phases + 1):
        for step in range(SGD_STEPS):
            _, g, ties = gradients(name, parameters, fields, phase, step, SGD_STEPS, SGD_TIE)
            if ties.near.any():
                return None
            parameters = {n: v - SGD_RATE * g[n] if n in g else v for n, v in parameters.items()}
    return parameters


def check_sgd(name, folder, pairs):
    """Ten steps of gradient descent on one batch; transfer: ten in each phase."""
    program = variant(name, folder, "sgd", "nn.sgd { lr = %g }" % SGD_RATE)
    weights = os.path.join(folder, "sgd.safetensors")
    data = os.path.join(folder, "sgd-data.safetensors")
    run(program, "init", "--seed", 5, "--save", weights, "--quiet")
    start = load(weights)
    phases = 2 if name == "transfer" else 1
    tried, wanted = 0, None
    while wanted is None and (tried + 1) * SGD_PAIRS <= len(pairs["left"]):
        few = {field: array[tried * SGD_PAIRS:(tried + 1) * SGD_PAIRS]
               for field, array in pairs.items()}
        wanted = descent(name, start, tensors_of(few), phases)
        tried += 1
    if wanted is None:
        expect(False, "%s: no descent of %d is clear of ties" % (name, tried))
        return
    write_data(data, few)
    found = train(program, weights, data, phases * SGD_STEPS, SGD_PAIRS)
    expect(sorted(found) == sorted(wanted), "%s: parameters %s" % (name, sorted(found)))
    worst, where, worst_move = 0, "", 0
    for n in sorted(set(wanted) & set(found)):
        error = distance(found[n].numpy(), wanted[n].numpy())
        if error >= worst:
            worst, where = error, n
        expect(error <= SGD_BOUND, "%s: %s after SGD: %g" % (name, n, error))
        move = distance((found[n] - start[n]).numpy(), (wanted[n] - start[n]).numpy())
        worst_move = max(worst_move, move)
        expect(move <= MOVE_BOUND, "%s: movement of %s in SGD: %g" % (name, n, move))
    print("  %d steps of SGD %.1e (%s), of the movement %.1e, %d batches left out near ties" %
          (phases * SGD_STEPS, worst, where, worst_move, tried - 1))


def check_adam(name, folder, fields, data):
    """torch.optim.Adam fed the program's gradients; three steps where the loss has no schedule."""
    program = variant(name, folder, "adam", "nn.adam { lr = 1e-3 }")
    weights = os.path.join(folder, "adam.safetensors")
    run(program, "init", "--seed", 5, "--save", weights, "--quiet")
    start = load(weights)
    names = trained(name, 1, start)
    p = {n: start[n].clone().requires_grad_(True) for n in names}
    optimizer = torch.optim.Adam(list(p.values()), lr=1e-3, betas=(0.9, 0.999), eps=1e-8)
    worst, where = 0, ""
    for step in range(1 if name in ("aux", "transfer") else 3):
        _, g = grad(program, folder, weights, data, KEPT, 1, 0)
        for n in names:
            p[n].grad = torch.tensor(g[n])
        optimizer.step()
        if name == "transfer":
            # One epoch falls to phase 1, one to phase 2, which leaves conv1, conv2, digit alone.
            found = train(program, weights, data, 2, KEPT)
            compared = [n for n in names if n.startswith(("conv", "digit"))]
        else:
            found = train(program, weights, data, step + 1, KEPT)
            compared = names
        for n in compared:
            expect(name == "aux" or not torch.equal(found[n], start[n]),
                   "%s: %s does not move" % (name, n))
            error = distance(found[n].numpy(), p[n].detach().numpy())
            if error >= worst:
                worst, where = error, n
            expect(error <= ADAM_BOUND, "%s: %s after Adam's step %d: %g" %
                   (name, n, step + 1, error))
    print("  Adam %.1e (%s)" % (worst, where))


def main():
    root = sys.argv[1]
    torch.set_num_threads(2)
    torch.set_default_dtype(torch.float64)
    pairs, source = make_pairs(1000)
    print("pairs of", source)
    for name in sys.argv[2:] or ARCHITECTURES:
        print(name)
        folder = os.path.join(root, name)
        os.makedirs(folder)
        weights = os.path.join(folder, "init.safetensors")
        data = os.path.join(folder, "data.safetensors")
        run(os.path.join(BIN, name), "init", "--seed", 5, "--save", weights, "--quiet")
        # Raised biases keep ReLUs alive: a unit that is dead in all samples tests nothing.
        parameters = {n: value.abs() + 0.2 if n.endswith("bias") else value
                      for n, value in load(weights).items()}
        write_tensors(weights, {n: value.numpy().astype(np.float32)
                                for n, value in parameters.items()})
        parameters = load(weights)
        fields, dropped = keep_clear(name, parameters, pairs)
        print("  %d pairs left out near ties" % dropped)
        write_data(data, fields)
        check_gradients(name, folder, parameters, weights, fields, data)
        check_predictions(name, folder, parameters, weights, fields, data)
        check_sgd(name, folder, pairs)
        check_adam(name, folder, fields, data)
    print("%d failures" % len(failures) if failures else "ok")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
