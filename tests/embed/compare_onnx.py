"""compare_onnx.py NAME...: models NAME.onnx, which ./NAME exported with the weights NAME.safetensors, in ONNX
Runtime, against the library NAME.so: the same classes, but where the two largest are within 1e-4, and values to
1e-5 of the largest."""

import sys

import numpy as np
import onnx
import onnxruntime

import nngen

SAMPLES, BOUND, TIE = 40, 1e-5, 1e-4
failures = 0


def draw(rng, field, kind, n):
    """Samples of the type that the model of ONNX wants."""
    if field.kind == "label":
        return rng.integers(0, field.classes, (n, *field.shape))
    if "uint8" in kind:
        return rng.integers(0, 256, (n, *field.shape)).astype(np.uint8)
    return rng.standard_normal((n, *field.shape)).astype(np.float32)


onnxruntime.set_default_logger_severity(3)
for name in sys.argv[1:]:
    onnx.checker.check_model(onnx.load(f"{name}.onnx"), full_check=True)
    session = onnxruntime.InferenceSession(f"{name}.onnx")
    model = nngen.load(f"./{name}.so")
    model.load(f"{name}.safetensors")
    rng = np.random.default_rng(1)
    for n in (SAMPLES, 1, 7):
        feed = {i.name: draw(rng, model.fields[i.name], i.type, n) for i in session.get_inputs()}
        wanted = model.predict(**{k: v.astype(np.int32) if v.dtype == np.int64 else v for k, v in feed.items()})
        for output, value in zip(session.get_outputs(), session.run(None, feed)):
            own, value = wanted[output.name], np.asarray(value)
            if list(value.shape[:1]) != [n]:
                error = np.inf
            elif own.dtype == np.int64:
                error = np.mean(own != value.reshape(own.shape))
                bound = 0.02  # ties
            else:
                error = np.abs(own - value.reshape(own.shape)).max() / max(np.abs(own).max(), 1e-30)
                bound = BOUND
            if not error <= bound:
                failures += 1
                print(f"FAILED: {name}, {n} samples: {output.name} differs by {error}")
        if n == SAMPLES and not any(np.asarray(v).std() > 0 for v in wanted.values()):
            failures += 1
            print(f"FAILED: {name} answers everything alike")
    print(f"{name}: {', '.join(wanted)}")
sys.exit(1 if failures else 0)
