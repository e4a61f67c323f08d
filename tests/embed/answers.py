"""The package's answers for the bytes of pictures, images.bin, as ask.c writes them; with ONNX Runtime, and the file
net.onnx, its answers must be the same, but where the two largest are within 1e-4.

answers.py cut FILE TRAIN TEST: writes samples of a data file of bytes, from all over it, to cut.safetensors, and the pictures of
the test split to images.bin."""

import json
import os
import sys

import numpy as np


def cut(path, train, test):
    size = int.from_bytes(open(path, "rb").read(8), "little")
    data = np.memmap(path, np.uint8, "r")
    header = json.loads(data[8:8 + size].tobytes())
    kept, out, at = {}, [], 0
    for name, t in header.items():
        n = {"train": train, "test": test}.get(name.split("/")[0], 0)
        if t.get("dtype") == "U8" and n:
            begin, end = t["data_offsets"]
            values = data[8 + size + begin:8 + size + end].reshape(t["shape"])
            values = values[np.linspace(0, len(values) - 1, n).astype(int)]
            out.append(values.tobytes())
            kept[name] = {"dtype": "U8", "shape": values.shape, "data_offsets": [at, at + values.size]}
            at += values.size
            if name == "test/image":
                values.tofile("images.bin")
    words = json.dumps(kept).encode()
    open("cut.safetensors", "wb").write(len(words).to_bytes(8, "little") + words + b"".join(out))


def compare():
    import nngen
    model = nngen.load("./net.so")
    model.load("weights.safetensors")
    images = np.fromfile("images.bin", np.uint8).reshape(-1, *model.fields["image"].shape)
    answers = model.predict(image=images)
    with open("python.txt", "w") as out:
        for answer, p in zip(answers["answer"], answers["p"]):
            out.write(f"{answer}," + ",".join(f"{value:.9g}" for value in p) + "\n")
    try:
        import onnxruntime
    except ImportError:
        print("ONNX Runtime is missing")
        return 0
    if not os.path.exists("net.onnx"):
        return 0
    session = onnxruntime.InferenceSession("net.onnx")
    parts = [session.run(["answer", "p"], {"image": images[i:i + 200]}) for i in range(0, len(images), 200)]
    answer, p = (np.concatenate(values) for values in zip(*parts))
    two = np.sort(answers["p"], axis=1)[:, -2:]
    other = (answer != answers["answer"]) & (two[:, 1] - two[:, 0] > 1e-4)
    error = np.abs(p - answers["p"]).max() / answers["p"].max()
    print(f"ONNX Runtime, {len(images)} pictures: {int((answer != answers['answer']).sum())} other answers, "
          f"{int(other.sum())} of them clear; largest error {error:.1e}")
    return 1 if other.any() or error > 5e-5 else 0


if sys.argv[1:2] == ["cut"]:
    cut(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
else:
    sys.exit(compare())
