#!/bin/sh
# The example of a transport by an embedder: two processes and a pair of sockets give the bytes of one. One that ends is
# seen by the other.
. "$(dirname "$0")/../lib.sh"
[ -z "${NNGEN_SANITIZED:-}" ] || skip "sanitizers: the example is built in the plain builds"
cd "$scratch"
"$NNGEN" -o spiral.c "$NNGEN_SOURCE/examples/peers/spiral.lua" || { fail "nngen: status $?"; finish; }
"$NNGEN_CC" -std=c11 -O1 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -I. "-I$NNGEN_SOURCE/runtime" \
    spiral.c "$NNGEN_NN" "$NNGEN_SOURCE/examples/peers/main.c" -lm -o peers || { fail "not compiled"; finish; }
./peers one.safetensors alone || fail "alone: status $?"
./peers two.safetensors || fail "two: status $?"
cmp one.safetensors two.safetensors || fail "two processes give other bytes"
# All gradients by slices, too.
sed 's/[.]exchange = exchange/.exchange = exchange, .slices_from = 1/' "$NNGEN_SOURCE/examples/peers/main.c" >slices.c
"$NNGEN_CC" -std=c11 -O1 -w -I. "-I$NNGEN_SOURCE/runtime" spiral.c "$NNGEN_NN" slices.c -lm -o slices || fail "not compiled"
./slices slices.safetensors || fail "slices: status $?"
cmp one.safetensors slices.safetensors || fail "slices give other bytes"
# The second process ends at once.
sed 's/const int own = train/if (rank == 1) return 0; const int own = train/' "$NNGEN_SOURCE/examples/peers/main.c" >lost.c
"$NNGEN_CC" -std=c11 -O1 -w -I. "-I$NNGEN_SOURCE/runtime" spiral.c "$NNGEN_NN" lost.c -lm -o lost || fail "not compiled"
if ./lost lost.safetensors 2>err; then fail "a peer is lost: status 0"; fi
grep -q "a peer is lost" err && [ ! -e lost.safetensors ] || fail "a peer is lost: $(cat err)"
finish
