"""Compares the package with the files that a program of the same network wrote."""

import csv
import json
import sys
import threading

import numpy as np

import nngen

failures = []


def expect(ok, words):
    if not ok:
        failures.append(words)
        print("FAILED:", words)


def refuses(kind, words, call, *arguments, **fields):
    try:
        call(*arguments, **fields)
    except Exception as error:
        expect(isinstance(error, kind) and words in str(error), f"{words}: {type(error).__name__}: {error}")
    else:
        expect(False, f"{words}: no exception")


def read_tensors(path):
    """The tensors of a safetensors file of floats and whole numbers."""
    data = open(path, "rb").read()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + size])
    types = {"F32": np.float32, "I64": np.int64}
    return {name: np.frombuffer(data[8 + size + t["data_offsets"][0]:8 + size + t["data_offsets"][1]],
                                types[t["dtype"]]).reshape(t["shape"])
            for name, t in header.items() if name != "__metadata__"}


def same(a, b):
    return a.keys() == b.keys() and all(np.array_equal(a[k], b[k]) and a[k].dtype == b[k].dtype for k in a)


rows = list(csv.reader(open("rows.csv")))[1:]
x = np.array([[float(v) for v in row[:3]] for row in rows], np.float32)
arm = np.array([int(row[3]) for row in rows], np.int32)

m = nngen.compile("small.lua", output="small.so")
expect(m.fields["features"].shape == (3,) and m.fields["arm"].classes == 3 and m.metrics == ["accuracy"], "what it is")
expect(m.fields["arm"].class_names[2] == "\u00fcn\u00ef", "names of classes")
m.init(9)
expect(same(m.state_dict(), read_tensors("init.safetensors")), "initial weights")

m.init(3)
stops = []
lines = m.train({"features": x, "arm": arm}, epochs=4, batch=20, seed=3, val={"features": x, "arm": arm},
                callback=stops.append)
trained = read_tensors("trained.safetensors")
expect(same(m.state_dict(), trained), "trained weights")
expect([line["epoch"] for line in lines] == [1, 2, 3, 4] and lines == stops, "a line for each epoch")
log = list(csv.DictReader(open("log.csv")))
expect(all(abs(float(row["train_accuracy"]) - line["val_accuracy"]) < 1e-6 for row, line in zip(log, lines)),
       "accuracy after each epoch")

again = nngen.load("small.so", threads=2, isa="portable")
again.load("trained.safetensors")
answers = list(csv.DictReader(open("answers.csv")))
for net in (m, again):
    p = net.predict(features=x)
    expect(np.array_equal(p["arm"], [int(row["arm"]) for row in answers]), "classes")
    expect(np.array_equal(p["p"], np.array([[row[f"p_{k}"] for k in range(3)] for row in answers], np.float32)),
           "probabilities")
figures = json.load(open("eval.json"))
scores = m.evaluate(features=x, arm=arm)
expect(abs(scores["loss"] - figures["loss"]) < 1e-15 and scores["accuracy"] == figures["metrics"]["accuracy"],
       f"figures: {scores} {figures}")
loss, gradient = m.gradient(features=x, arm=arm)
wanted = read_tensors("gradient.safetensors")
expect(np.float32(loss) == wanted.pop("loss") and same(gradient, wanted), "gradients")

# Elements of other types; the same memory, not a copy.
whole = np.round(x * 10).astype(np.int16)
expect(np.array_equal(m.predict(features=whole)["p"], m.predict(features=whole.astype(np.float64))["p"]), "types")
try:
    import torch
except ImportError:
    print("torch is missing")
else:
    expect(np.array_equal(m.predict(features=torch.from_numpy(x))["p"], p["p"]), "a tensor")
    tensor = torch.rand(5, 3, requires_grad=True)
    taken, _ = nngen._arrays.field_array(m.fields["features"], tensor)
    expect(taken.ctypes.data == tensor.data_ptr(), "a tensor's memory is copied")
    refuses(TypeError, 'field "features": ', m.predict, features=torch.zeros(5, 3).to_sparse())
    half = torch.from_numpy(x).bfloat16()
    expect(np.array_equal(m.predict(features=half)["p"], m.predict(features=half.float())["p"]), "bfloat16")
    m.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in trained.items()})
    expect(same(m.state_dict(), trained), "a state of tensors")
    refuses(ValueError, "strides", m.predict, features=torch.zeros(3, 5).T)

turns = nngen.compile("turns.lua")
turns.init(5)
turns.train({"features": x, "arm": arm}, seed=5)
expect(same(turns.state_dict(), read_tensors("turns.safetensors")), "weights of nets that take turns")
made = list(csv.reader(open("made.csv")))[1:]
expect(np.array_equal(turns.predict(samples=40, first=7)["made"], np.array([row[1:4] for row in made], np.float32)),
       "samples that are drawn")
gradients = turns.gradient(features=x[:16], arm=arm[:16])[1]
expect(gradients["g.fc.weight"].all() and not gradients["d.in.weight"].any(), "gradients of one of them")

answers = [None] * 8


def ask(i):
    answers[i] = all(np.array_equal(m.predict(features=x)["p"], p["p"]) for _ in range(30))


threads = [threading.Thread(target=ask, args=(i,)) for i in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
expect(all(answers), "threads that ask at once")

state = m.state_dict()
for kind, words, value in [
        (ValueError, 'field "features": strides', x[:, ::-1]),
        (ValueError, "another order", x.astype(">f4")),
        (ValueError, "shape (300, 2); (n, 3)", x[:, :2].copy()),
        (ValueError, "shape ()", 3.0),
        (ValueError, 'field "features": strides', x[::2]),
        (ValueError, 'field "features": strides', np.asfortranarray(x)),
        (TypeError, "uint32; uint8, bool", x.astype(np.uint32)),
        (TypeError, "complex128", x.astype(complex)),
        (TypeError, "elements of type", np.array(["a"] * 3)),
        (ValueError, "no samples", x[:0]),
        (ValueError, "not aligned", np.frombuffer(b"x" + x.tobytes(), np.uint8)[1:].view(np.float32).reshape(-1, 3))]:
    refuses(kind, words, m.predict, features=value)
refuses(nngen.Error, 'field "features" is missing', m.predict)
refuses(nngen.Error, 'has no field "feature"', m.predict, feature=x)
refuses(TypeError, "classes are", m.evaluate, features=x, arm=arm.astype(np.float32))
refuses(nngen.Error, "label arm is 3", m.evaluate, features=x, arm=arm + 3)
refuses(ValueError, "different numbers", m.evaluate, features=x, arm=arm[1:])
refuses(nngen.Error, "rows.csv: no safetensors file", m.load, "rows.csv")
refuses(nngen.Error, "no safetensors file", m.load, b"short")
refuses(nngen.Error, "can't be opened", m.load, "nothing.safetensors")
refuses(nngen.Error, "missing: in.bias", m.load_state_dict, {k: v for k, v in state.items() if k != "in.bias"})
refuses(nngen.Error, "unknown: more", m.load_state_dict, {**state, "more": state["in.bias"]})
refuses(nngen.Error, "in.bias: shape (3,); (12,) is wanted", m.load_state_dict, {**state, "in.bias": np.zeros(3)})
refuses(TypeError, "in.bias: elements of type complex128", m.load_state_dict, {**state, "in.bias": np.zeros(12, complex)})
m.load_state_dict({name: value.astype(">f4") for name, value in state.items()})
refuses(nngen.Error, "no library", nngen.load, nngen._native.library._name)
refuses(nngen.Error, "nothing.so", nngen.load, "nothing.so")
refuses(nngen.Error, "instruction set", nngen.load, "small.so", isa="avx1024")
refuses(nngen.Error, "small.lua", nngen.compile, "small.lua", width=8)
expect(same(m.state_dict(), state), "a mistake changed weights")
expect(len(m.train({"features": x, "arm": arm}, callback=lambda line: False)) == 1, "a callback ends the training")
sys.exit(1 if failures else 0)
