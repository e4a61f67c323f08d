#!/bin/sh
# The example that writes text, with a small net that knows one word: what is likely follows, from a prompt shorter
# and longer than what the net sees.
. "$(dirname "$0")/../lib.sh"
[ -z "${NNGEN_SANITIZED:-}" ] || skip "the example is built in the plain builds"
cd "$scratch"
cp "$NNGEN_SOURCE/tests/embed/writer.lua" chargpt.lua
awk 'BEGIN { for (i = 0; i < 400; i++) printf "abcé " }' >text.txt
CC=$NNGEN_CC CFLAGS=-O1
export CC CFLAGS
"$NNGEN" data text.txt --val-split 0.1 -o text.safetensors >said 2>&1 && "$NNGEN" build --isa=portable chargpt.lua >said 2>&1 &&
    ./chargpt train --data text.safetensors --save weights.safetensors >said 2>&1 &&
    "$NNGEN" --inference --isa=portable -o chargpt.c chargpt.lua 2>said || { fail "no network: $(cat said)"; finish; }
"$NNGEN_CC" -std=c11 -O1 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -I. -I"$NNGEN_SOURCE/runtime" \
    "$NNGEN_SOURCE/examples/writer/main.c" chargpt.c "$NNGEN_NN" -lm -o writer || { fail "not compiled"; finish; }
[ "$(./writer weights.safetensors "abcé abcé abcé a" 16)" = "abcé abcé abcé abcé abcé abcé ab" ] ||
    fail "writes: $(./writer weights.safetensors "abcé abcé abcé a" 16)"
[ "$(./writer weights.safetensors "é" 7)" = "é abcé a" ] || fail "writes: $(./writer weights.safetensors "é" 7)"
! ./writer weights.safetensors "abx" 2>said || fail "abx: status 0"
grep -q "no symbol of the network: x" said || fail "abx: $(cat said)"
! ./writer text.txt "ab" 2>said || fail "no weights: status 0"
grep -q "text.txt: no safetensors file" said || fail "no weights: $(cat said)"
finish
