#!/bin/sh
# MNIST's 10,000 test digits as raw bytes: a C program and a Python script give the bits of `eval`, ONNX Runtime its
# answers.
. "$(dirname "$0")/../lib.sh"
[ -z "${NNGEN_SANITIZED:-}" ] || skip "Python is not sanitized"
[ -e "${NNGEN_DATA:-}/t10k-images-idx3-ubyte.gz" ] || skip "MNIST is not there"
/usr/bin/python3 -c 'import numpy' 2>/dev/null || skip "NumPy is missing"
[ -e "$NNGEN_BUILD/python/nngen/_nngen.so" ] || skip "the Python package is not built"
cd "$scratch"
here=$NNGEN_SOURCE/tests/embed
cp "$here/digit.lua" .
CC=$NNGEN_CC
export CC NNGEN
"$NNGEN" build digit.lua && "$NNGEN" build --shared digit.lua && "$NNGEN" -o digit.c digit.lua || { fail "not built"; finish; }
./digit train --quiet --save weights.safetensors >said 2>&1 &&
    ./digit eval --load weights.safetensors --json --predictions answers.csv >eval.json || fail "train: $(cat said)"
./digit export --load weights.safetensors --onnx digit.onnx 2>said || grep -q "built without protobuf-c" said || fail "$(cat said)"
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    { printf "%s", $at["digit"]; for (k = 0; k < 10; k++) printf ",%s", $at["p_" k]; print "" }' answers.csv >wanted.txt
[ "$(wc -l <wanted.txt)" = 10000 ] || fail "$(wc -l <wanted.txt) answers"
PYTHONPATH=$NNGEN_BUILD/python /usr/bin/python3 "$here/answers.py" || fail "Python: status $?"
cmp wanted.txt python.txt || fail "Python answers otherwise"
"$NNGEN_CC" -std=c11 -O2 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -I. -I"$NNGEN_SOURCE/runtime" "$here/ask.c" \
    digit.c "$NNGEN_NN" -lm -o ask && ./ask weights.safetensors <images.bin >c.txt || fail "C: status $?"
cmp wanted.txt c.txt || fail "C answers otherwise"
sed 's/.*"accuracy":\([0-9.]*\).*/accuracy \1/' eval.json
finish
