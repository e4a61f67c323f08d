#!/bin/sh
# Training steps shared among processes give the bits of one process: networks of tests/models,
# for batches of 1 to 24 chunks, 2, 3 and 8 peers, both ways of exchange, other instruction sets and
# numbers of tasks in each peer. The peers are threads, so that no transport is needed.
. "$(dirname "$0")/../lib.sh"
cd "$scratch"

# try FILE.lua: two samples make a chunk.
try() {
    name=$(basename "$1" .lua)
    "$NNGEN" -o "$name.c" "$1" || { fail "$name: nngen: status $?"; return; }
    symbol=$(sed -n 's/^extern const NnModel \(.*\);/\1/p' "$name.c")
    grep -q '[.]samples = nn_samples' "$name.c" || return 0 # it is not trained
    sed -i 's/NN_CHUNK_MIN = [0-9]*/NN_CHUNK_MIN = 2/' "$name.c"
    # shellcheck disable=SC2086
    "$NNGEN_CC" -std=gnu11 -O1 -DNDEBUG ${NNGEN_SANITIZED:+-fsanitize=address,undefined} \
        -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror "-I$NNGEN_SOURCE/runtime" \
        "-DNN_MODEL_SYMBOL=$symbol" "$name.c" "$NNGEN_SOURCE/tests/many/peers.c" \
        -lm -lpthread -o "$name" || { fail "$name: not compiled"; return; }
    "./$name" || fail "$name: other bits among peers"
}

for name in ${MANY_NETS:-batch_norm turns averaged groups embedding attention augmented}; do
    try "$NNGEN_SOURCE/tests/models/$name.lua"
done
finish
