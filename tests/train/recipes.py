"""The recipes of recipes.lua in PyTorch: recipes.py make, which writes the data, recipes.py names, or
recipes.py check NAME INITIAL TRAINED, which compares weights after the last step."""
import fnmatch
import json
import sys

import numpy as np

ROWS, BATCH, EPOCHS = 70, 24, 3  # batches of 24, 24 and 22 samples


def write(path, tensors):
    header, at = {}, 0
    for name, array in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [at, at + array.nbytes]}
        at += array.nbytes
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text + b"".join(a.tobytes() for a in tensors.values()))


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__", None)
    return {name: np.frombuffer(data[8 + length + e["data_offsets"][0]:8 + length + e["data_offsets"][1]], "<f4")
            .reshape(e["shape"]) for name, e in header.items()}


def samples():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(ROWS, 6)).astype(np.float32)
    t = np.stack([x[:, 0] * x[:, 1], 2 * np.sin(x[:, 2]), x[:, 3] - x[:, 4]], 1).astype(np.float32)
    return x, t


def check(name, initial, trained):
    import torch

    if "nadam" in name and int(torch.__version__.split(".")[0]) < 2:
        return  # its product of momenta has one too many: tests/pytorch/compare_optimizers.py
    nn = torch.nn
    net = nn.Sequential()
    for part, module in [("first", nn.Linear(6, 8)), ("a", nn.Tanh()), ("second", nn.Linear(8, 20)), ("b", nn.Tanh()),
                         ("last", nn.Linear(20, 3))]:
        net.add_module(part, module)
    net.double()
    begin = {k: torch.tensor(v.astype(np.float64)) for k, v in read(initial).items()}
    net.load_state_dict(begin)
    params = dict(net.named_parameters())
    x, t = (torch.tensor(a.astype(np.float64)) for a in samples())

    def groups(kind, patterns, **options):
        """Parameter groups as PyTorch has them: the first pattern that matches counts."""
        left, made = dict(params), []
        for pattern, own in patterns + [(["*"], {})]:
            taken = [k for k in left for p in pattern if fnmatch.fnmatchcase(k, p) or fnmatch.fnmatchcase(k.rsplit(".", 1)[0], p)]
            taken = list(dict.fromkeys(taken))
            if taken:
                made.append(dict(params=[left.pop(k) for k in taken], **own))
        return kind(made, **options)

    optim, clip = torch.optim, torch.nn.utils
    trains = {"frozen": ["second.weight", "second.bias", "last.weight"],
              "alone": ["first.weight", "first.bias", "last.weight", "last.bias"],
              "norm_alone": ["last.weight", "last.bias"],
              "ema_frozen": ["first.weight", "first.bias", "last.weight", "last.bias"]}.get(name, list(params))
    for key in params:
        params[key].requires_grad_(key in trains)
    moved = [params[key] for key in trains]
    rate = [0]
    optimizer = {
        "plain": lambda: optim.SGD(moved, lr=0.1),
        "groups": lambda: groups(optim.AdamW, [(["*bias*", "last"], dict(weight_decay=0)),
                                               (["*o?d.weight"], dict(lr=1e-3, betas=(0.8, 0.99))),
                                               (["first*"], dict(lr=0.05))],
                                 lr=1e-2, weight_decay=0.1, betas=(0.9, 0.99)),
        "momenta": lambda: groups(optim.SGD, [(["*.weight"], dict(momentum=0.9, nesterov=True)),
                                              (["*"], dict(lr=0.1, weight_decay=0.1))], lr=0.05),
        "frozen": lambda: optim.SGD(moved, lr=0.1),
        "alone": lambda: optim.Adam(moved, lr=1e-2),
        "norm": lambda: optim.SGD(moved, lr=0.5, momentum=0.9, weight_decay=0.01),
        "norm_alone": lambda: optim.SGD(moved, lr=0.5),
        "gathered": lambda: optim.AdamW(moved, lr=1e-2),
        "gathered_norm": lambda: optim.SGD(moved, lr=0.5, momentum=0.9),
        "ema": lambda: optim.SGD(moved, lr=0.2, momentum=0.9),
        "ema_best": lambda: optim.SGD(moved, lr=0.2, momentum=0.9),
        "ema_frozen": lambda: optim.Adam(moved, lr=1e-2),
        "adagrad": lambda: optim.Adagrad(moved, lr=0.05),
        "adagrad_all": lambda: optim.Adagrad(moved, lr=0.1, lr_decay=0.1, weight_decay=0.1,
                                             initial_accumulator_value=0.01, eps=1e-3),
        "nadam": lambda: optim.NAdam(moved),
        "nadam_all": lambda: optim.NAdam(moved, lr=1e-2, betas=(0.8, 0.99), eps=1e-4, weight_decay=0.1,
                                         momentum_decay=0.5),
        "amsgrad": lambda: optim.Adam(moved, lr=1e-2, betas=(0.9, 0.5), amsgrad=True, weight_decay=0.1),
        "amsgrad_groups": lambda: groups(optim.AdamW, [(["first"], dict(amsgrad=True))], lr=1e-2, betas=(0.9, 0.5)),
        "value": lambda: optim.SGD(moved, lr=0.5, momentum=0.5),
    }[name]()
    step, clipped, best = 0, 0, None
    # Batches of an update; an epoch's rest makes one of its own. Batches weigh by their samples.
    batches = {"gathered": 2, "gathered_norm": 2, "ema_frozen": 3}.get(name, 1)
    keeps = {"ema": 0.8, "ema_best": 0.8, "ema_frozen": 0.9}.get(name)
    averages = torch.optim.swa_utils.AveragedModel(net, avg_fn=lambda e, w, n: (keeps or 0) * e + (1 - (keeps or 0)) * w)
    averages.update_parameters(net)
    for _ in range(EPOCHS):
        for begin_at in range(0, ROWS, BATCH * batches):
            end = min(ROWS, begin_at + BATCH * batches)
            optimizer.zero_grad()
            for at in range(begin_at, end, BATCH):
                to = min(ROWS, at + BATCH)
                (torch.nn.functional.mse_loss(net(x[at:to]), t[at:to]) * (to - at) / (end - begin_at)).backward()
            most = {"norm": 0.3, "norm_alone": 0.2, "gathered_norm": 0.3}.get(name)
            if most:
                clipped += bool(clip.clip_grad_norm_(moved, most) > most)
            if name == "value":
                clipped += any(bool((p.grad.abs() > 0.02).any()) for p in moved)
                clip.clip_grad_value_(moved, 0.02)
            if name == "groups":
                optimizer.param_groups[2]["lr"] = 0.05 / (1 + step)
            optimizer.step()
            averages.update_parameters(net)
            step += 1
        with torch.no_grad():
            score = torch.nn.functional.mse_loss(averages.module(x[:20]), t[:20]).item()
        if best is None or score > best[0]:
            best = score, {k: v.clone() for k, v in averages.module.state_dict().items()}
    if keeps:
        net = averages.module
    if name == "ema_best":
        net.load_state_dict(best[1])
    if ("norm" in name or name == "value") and not clipped:
        sys.exit("%s: nothing was clipped" % name)
    found, worst = read(trained), 0
    if sorted(found) != sorted(params):
        sys.exit("%s: tensors %s" % (name, sorted(found)))
    for key, wanted in net.state_dict().items():
        move = (wanted - begin[key]).abs().max().item()
        off = np.abs(found[key] - wanted.numpy()).max()
        if key not in trains and (off > 0 or move > 0):
            sys.exit("%s: %s moved" % (name, key))
        worst = max(worst, off / move if move else 0)
    print("%s: off by %.1e of the way" % (name, worst))
    if worst > 1e-4:
        sys.exit("%s differs from PyTorch" % name)


if sys.argv[1] == "make":
    x, t = samples()
    write("data.safetensors", {"train/x": x, "train/t": t, "val/x": x[:20], "val/t": t[:20]})
else:
    check(*sys.argv[2:])
