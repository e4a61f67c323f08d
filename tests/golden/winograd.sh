#!/bin/sh
# --winograd=off: every convolution goes the direct way.
. "$(dirname "$0")/../lib.sh"
cd "$NNGEN_SOURCE/tests/golden"

for choice in on off; do
    "$NNGEN" --winograd=$choice winograd.lua >"$scratch/$choice.c" || fail "--winograd=$choice"
done
"$NNGEN" winograd.lua | cmp - "$scratch/on.c" || fail "on is not the default"
grep -q 'Winograd contract' "$scratch/on.c" || fail "--winograd=on: none"
[ "$(grep -c '_input_grad: Winograd contract' "$scratch/on.c")" -eq 3 ] || fail "input gradients: not 3"
grep -E 'Winograd|_winograd_' "$scratch/off.c" && fail "--winograd=off: some"
[ "$(grep -c '_forward: contract' "$scratch/off.c")" -gt 10 ] || fail "--winograd=off: none direct"
finish
