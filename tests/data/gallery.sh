#!/bin/sh
# Sets that tools/gallery-data makes: shapes, the same bytes for the same seed, pixels that agree with their classes.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/common"
python=${NNGEN_PYTHON:-/usr/bin/python3}
"$python" -c 'import numpy' 2>/dev/null || skip "$python has no numpy (Debian: python3-numpy)"
[ -n "${NNGEN_DATA:-}" ] || skip "NNGEN_DATA names no folder of MNIST"
gallery() { "$python" "$NNGEN_SOURCE/tools/gallery-data" "$@" || fail "gallery-data $*: status $?"; }

for set in pasted pairs; do
    gallery $set -o $set.safetensors
    gallery $set -o again.safetensors
    gallery $set -o other.safetensors --seed 1
    cmp $set.safetensors again.safetensors || fail "$set: other bytes"
    ! cmp -s $set.safetensors other.safetensors || fail "$set: the seed does nothing"
done
holds pasted.safetensors '"train/image": {"dtype": "U8", "shape": [3000, 1, 64, 64]'
holds pasted.safetensors '"test/class": {"dtype": "U8", "shape": [500, 64, 64]'
holds pairs.safetensors '"val/left": {"dtype": "U8", "shape": [1000, 1, 14, 14]'
PYTHONPATH=$NNGEN_SOURCE/tests/pytorch PYTHONDONTWRITEBYTECODE=1 "$python" - <<'END_OF_PYTHON' || fail "contents"
from tensors import read_tensors
pasted, pairs = read_tensors("pasted.safetensors"), read_tensors("pairs.safetensors")
image, kinds = pasted["test/image"][:, 0], pasted["test/class"]
assert ((image >= 128) == (kinds > 0)).all() and set(kinds.flatten()) == set(range(11))
same = (pairs["train/left_digit"] == pairs["train/right_digit"]).mean()
assert 0.5 < same < 0.6, same
END_OF_PYTHON
status=0
"$python" "$NNGEN_SOURCE/tools/gallery-data" pasted -o x.safetensors --mnist "$scratch" 2>said || status=$?
[ "$status" -eq 1 ] && grep -q 'has no train-images-idx3-ubyte' said || fail "without MNIST: status $status: $(cat said)"
finish
