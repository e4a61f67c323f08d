#!/bin/sh
# Each op that a prediction can have, as a model of ONNX: ops.sh WRITE_OPS (the program).
. "$(dirname "$0")/../../lib.sh"
/usr/bin/python3 -c 'import numpy, onnx, onnxruntime' 2>/dev/null || skip "onnx or ONNX Runtime is missing"
cd "$scratch"
/usr/bin/python3 "$NNGEN_SOURCE/tests/embed/onnx/compare_ops.py" "$1" || fail "status $?"
finish
