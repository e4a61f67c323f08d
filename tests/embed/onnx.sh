#!/bin/sh
# export --onnx: ONNX Runtime gives the answers of the network for the same raw values.
. "$(dirname "$0")/../lib.sh"
[ -z "${NNGEN_SANITIZED:-}" ] || skip "Python is not sanitized"
/usr/bin/python3 -c 'import numpy, onnx, onnxruntime' 2>/dev/null || skip "onnx or ONNX Runtime is missing"
[ -e "$NNGEN_BUILD/python/nngen/_nngen.so" ] || skip "the Python package is not built"
cd "$scratch"
here=$NNGEN_SOURCE/tests/embed
CC=$NNGEN_CC CFLAGS=-O1
export CC CFLAGS NNGEN
PYTHONPATH=$NNGEN_BUILD/python
export PYTHONPATH
names=
for file in ${NNGEN_ONNX:-"$here/digit.lua" "$here/small.lua" "$here/words.lua"}; do
    name=$(basename "$file" .lua)
    "$NNGEN" build --isa=portable --winograd=off -o "$name" "$file" >said 2>&1 &&
        "$NNGEN" build --shared --isa=portable --winograd=off -o "$name.so" "$file" >said 2>&1 ||
        { fail "$name: $(tail -n 3 said)"; continue; }
    # Weights that are drawn, means and deviations that are measured on values of any kind.
    /usr/bin/python3 - "$name" <<'END' || { fail "$name: no weights"; continue; }
import ctypes, sys
import numpy as np, nngen
from nngen import _native
m, rng = nngen.load(f"./{sys.argv[1]}.so"), np.random.default_rng(0)
m.init(3)
fields = {f.name: rng.integers(0, f.classes, (50, *f.shape)).astype(np.int32) if f.kind == "label"
          else (rng.standard_normal((50, *f.shape)) * 20 + 120).clip(0, 255).astype(np.uint8) for f in m.fields.values()}
arrays, n = m._arrays(fields, lambda f: True)
m._own.check(_native.library.nn_measure(m._own.net, n, m._point(m._own, arrays)))
m.save(f"{sys.argv[1]}.safetensors")
END
    if "./$name" export --load "$name.safetensors" --onnx "$name.onnx" >said 2>&1; then
        names="$names $name"
    else
        grep -q "built without protobuf-c" said && skip "protobuf-c is missing"
        fail "$name: $(cat said)"
    fi
done
# shellcheck disable=SC2086
[ -z "$names" ] || /usr/bin/python3 "$here/compare_onnx.py" $names || fail "other answers"
# Without normalisation in the model its user does it.
if [ -e digit.onnx ]; then
    ./digit export --no-normalize --load digit.safetensors --onnx plain.onnx >said 2>&1 || fail "--no-normalize: $(cat said)"
    /usr/bin/python3 - <<'END' || fail "--no-normalize: other answers"
import json, numpy as np, onnxruntime
file = open("digit.safetensors", "rb")
known = json.loads(file.read(int.from_bytes(file.read(8), "little")))["__metadata__"]
mean, std = (np.array(json.loads(known[f"input.image.{what}"])).reshape(1, -1, 1, 1) for what in ("mean", "std"))
images = np.random.default_rng(4).integers(0, 256, (20, 1, 28, 28)).astype(np.uint8)
raw, = onnxruntime.InferenceSession("digit.onnx").run(["p"], {"image": images})
own = ((images / 255 - mean) / std).astype(np.float32)
plain, = onnxruntime.InferenceSession("plain.onnx").run(["p"], {"image": own})
assert np.abs(raw - plain).max() < 1e-6, np.abs(raw - plain).max()
END
fi
# What is drawn has no counterpart, and leaves no file.
cp "$here/turns.lua" .
"$NNGEN" build --isa=portable turns.lua && ./turns init --save turns.safetensors || fail "turns: status $?"
if ./turns export --load turns.safetensors --onnx turns.onnx 2>said; then fail "turns.onnx: status 0"; fi
grep -q 'randn "z"' said && [ ! -e turns.onnx ] || fail "turns.onnx: $(cat said)"
finish
