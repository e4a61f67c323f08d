"""The package's answers for MNIST's 10,000 test digits as ask.c writes them; with ONNX Runtime, and the file
digit.onnx, its answers must be the same, but where the two largest are within 1e-4."""

import gzip
import os
import sys

import numpy as np

import nngen

images = np.frombuffer(gzip.open(os.path.join(os.environ["NNGEN_DATA"], "t10k-images-idx3-ubyte.gz")).read(), np.uint8,
                       offset=16).reshape(-1, 1, 28, 28)
model = nngen.load("./digit.so")
model.load("weights.safetensors")
answers = model.predict(image=images)
with open("python.txt", "w") as out:
    for digit, p in zip(answers["digit"], answers["p"]):
        out.write(f"{digit}," + ",".join(f"{value:.9g}" for value in p) + "\n")
images.tofile("images.bin")
try:
    import onnxruntime
except ImportError:
    print("ONNX Runtime is missing")
    sys.exit(0)
if not os.path.exists("digit.onnx"):
    sys.exit(0)
digit, p = onnxruntime.InferenceSession("digit.onnx").run(["digit", "p"], {"image": images})
two = np.sort(answers["p"], axis=1)[:, -2:]
other = (digit != answers["digit"]) & (two[:, 1] - two[:, 0] > 1e-4)
error = np.abs(p - answers["p"]).max() / answers["p"].max()
print(f"ONNX Runtime: {int((digit != answers['digit']).sum())} other answers, {int(other.sum())} of them clear; "
      f"largest error {error:.1e}")
sys.exit(1 if other.any() or error > 5e-5 else 0)
