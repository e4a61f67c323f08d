#!/bin/sh
# The gradient of a linear layer that is larger than the caches is made of packed samples, 128 at a time and 512 of their
# inputs: a batch of 190 has a whole and a part of each. It is checked, and has the same bits on all instruction sets.
. "$(dirname "$0")/../lib.sh"
need_models

small_digits "$scratch/data"
cd "$scratch"
cat >large.lua <<'LUA'
local nn = require "nn"
local image, digit = nn.input("image", {1, 28, 28}), nn.label("digit", 10)
local logits = nn.sequential { nn.flatten, nn.linear { name = "a", out = 672 }, nn.relu, nn.linear { name = "b", out = 10 } } (image)
return nn.model { name = "large", data = "mnist", predict = { digit = nn.argmax(logits) },
  train = { epochs = 2, batch = 190, loss = nn.cross_entropy(logits, digit), optimizer = nn.sgd { lr = 0.1 } } }
LUA
generated=$scratch
"$NNGEN" -o cut.c large.lua && mv cut.h large.h
# One chunk, as of a network whose gradient is larger still.
sed 's/NN_CHUNK_MIN = [0-9]*/NN_CHUNK_MIN = 190/; s/"cut.h"/"large.h"/' cut.c >large.c
compile_model "$NNGEN_CC" large large -O1 -w || fail large
grep -q 'samples and 512 of their inputs' large.c || fail "nothing is packed"
runs=0
for isa in $(known_isas); do
    ./large info --isa "$isa" >out 2>&1 || continue
    ./large check --batch 190 --isa "$isa" >out 2>&1 || fail "$isa: $(cat out)"
    ./large train --quiet --data data --isa "$isa" --threads 1 --no-train-eval --save "$isa.safetensors" >out 2>&1 || fail "$isa: $(cat out)"
    tensors "$isa.safetensors" >"$isa.bits"
    [ -e first ] || cp "$isa.bits" first
    cmp first "$isa.bits" || fail "$isa: other weights"
    runs=$((runs + 1))
done
[ "$runs" -ge 2 ] || fail "only $runs runs"
finish
