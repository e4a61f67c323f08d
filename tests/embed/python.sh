#!/bin/sh
# The Python package: the bits of programs, arrays of NumPy and tensors of torch, threads, mistakes.
. "$(dirname "$0")/../lib.sh"
[ -z "${NNGEN_SANITIZED:-}" ] || skip "Python is not sanitized"
/usr/bin/python3 -c 'import numpy' 2>/dev/null || skip "NumPy is missing"
[ -e "$NNGEN_BUILD/python/nngen/_nngen.so" ] || skip "the package is not built"
cd "$scratch"
. "$NNGEN_SOURCE/tests/embed/common"
made_rows 300
"$NNGEN" data rows.csv --label arm -o data.safetensors >said 2>&1 || fail "data: $(cat said)"
CC=$NNGEN_CC
export CC NNGEN
"$NNGEN" build small.lua >said 2>&1 || fail "build: $(cat said)"
./small init --seed 9 --save init.safetensors --quiet
./small train --data data.safetensors --seed 3 --batch 20 --epochs 4 --save trained.safetensors --log log.csv >said 2>&1 ||
    fail "train: $(cat said)"
./small eval --load trained.safetensors --data data.safetensors --split train --json --predictions answers.csv >eval.json
./small grad --load trained.safetensors --data data.safetensors --batch 300 --out gradient.safetensors >said 2>&1
cp "$here/turns.lua" .
"$NNGEN" build turns.lua && ./turns train --data data.safetensors --seed 5 --save turns.safetensors >said 2>&1 &&
    ./turns predict --load turns.safetensors --samples 40 --first 7 >made.csv || fail "turns: $(cat said)"
PYTHONPATH=$NNGEN_BUILD/python /usr/bin/python3 "$here/check.py" || fail "status $?"
finish
