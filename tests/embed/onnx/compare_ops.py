"""compare_ops.py WRITE_OPS: each op that a prediction can have, at the samples of its table entry, in ONNX Runtime,
against nngen's double-precision reference."""

import re
import subprocess
import sys

import numpy as np
import onnx
import onnxruntime

BOUND = 1e-5  # of the largest value
failures = 0


def expect(ok, words):
    global failures
    if not ok:
        failures += 1
        print("FAILED:", words)


def read_cases(path, numbers):
    """Yields op, number, values by name, and, of what is refused, (why, whether that is right)."""
    op, at, lines = None, 0, open(path).read().splitlines()
    for i, line in enumerate(lines):
        word, _, rest = line.partition(" ")
        if word == "op":
            op = rest.strip('"')
            yield op, None, None, None
        elif word == "refused":
            yield op, *rest.split(" ", 1)[:1], None, (rest.split(" ", 1)[1], lines[i + 1:i + 2] == ["random"])
        elif word == "case":
            values = {}
            for value in lines[i + 1:]:
                if not value.startswith("value "):
                    break
                _, name, classes, *sizes = value.split()
                shape = tuple(map(int, sizes))
                count = int(np.prod(shape))
                values[name] = numbers[at:at + count].reshape(shape).astype(np.int64 if int(classes) else np.float64)
                at += count
            yield op, rest, values, None


def compare(op, number, values):
    onnx.checker.check_model(onnx.load(f"{number}.onnx"), full_check=True)
    wanted = values.pop("y")
    feed = {name: v if v.dtype == np.int64 else v.astype(np.float32) for name, v in values.items()}
    found, = onnxruntime.InferenceSession(f"{number}.onnx").run(["y"], feed)
    where = f"{op} of {', '.join(str(v.shape) for v in feed.values())}"
    expect(found.shape == wanted.shape, f"{where}: shape {found.shape}; {wanted.shape} is wanted")
    if found.shape != wanted.shape:
        return
    if wanted.dtype == np.int64:
        expect(found.dtype == np.int64 and np.array_equal(found, wanted), f"{where}: other classes")
    else:
        error = np.abs(found - wanted).max() / max(np.abs(wanted).max(), 1e-30)
        expect(error <= BOUND, f"{where}: off by {error:.1e}")


onnxruntime.set_default_logger_severity(3)
subprocess.run([sys.argv[1], "samples", "numbers"], check=True)
compared, refused, unseen = {}, {}, []
for op, number, values, no in read_cases("samples", np.fromfile("numbers")):
    if number is None:
        compared[op] = 0
    elif no:
        why, right = no
        expect(right, f"{op}: refused: {why}")
        refused.setdefault(op, why)
    else:
        try:
            compare(op, number, values)
        except Exception as error:
            expect(False, f"{op}: {error}")
        compared[op] += 1
for op, why in refused.items():
    expect(re.match(r"\w+", why), f"{op}: no name in the words: {why}")
print(f"{sum(compared.values())} cases of {sum(map(bool, compared.values()))} ops")
print("refused:", ", ".join(f"{op} ({why})" for op, why in refused.items() if not compared[op]))
print("no prediction can be:", ", ".join(op for op, n in compared.items() if not n and op not in refused))
expect(sum(map(bool, compared.values())) > 60, "too few ops")
sys.exit(1 if failures else 0)
