#!/bin/sh
# --optimize=off: a kernel for every node, and none that another family could replace.
. "$(dirname "$0")/../lib.sh"

for choice in on off; do
    "$NNGEN" --optimize=$choice "$NNGEN_SOURCE/arch/digit.lua" >"$scratch/$choice.c" ||
        fail "--optimize=$choice"
done
"$NNGEN" "$NNGEN_SOURCE/arch/digit.lua" | cmp - "$scratch/on.c" || fail "on is not the default"
for product in Winograd 'contract + .*max_pool2d' 'through pool' '2 parts'; do
    grep -q "^ \*.*$product" "$scratch/on.c" || fail "--optimize=on: no $product"
    if grep "^ \*.*$product" "$scratch/off.c"; then fail "--optimize=off: $product"; fi
done
"$NNGEN" --optimize=off --dump=all "$NNGEN_SOURCE/arch/digit.lua" 2>&1 >/dev/null |
    grep -E '^# after (fold|simplify|commute|merge)' && fail "--optimize=off: passes that only serve speed"
finish
