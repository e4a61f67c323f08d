#!/bin/sh
# A tied weight is one parameter: it is written under both names, and loaded from one or both, which may not differ.
. "$(dirname "$0")/../lib.sh"
need_models
cd "$scratch"
generated=$scratch
# net NAME OUTPUT: an architecture whose logits are OUTPUT of a digit's row of a table.
net() {
    cat >"$1.lua" <<END
local nn = require "nn"
local digit, image = nn.label("digit", 10), nn.input("image", {1, 28, 28})
local table = nn.embedding { name = "table", dim = 10 }
local out = $2
return nn.model { name = "$1", data = "mnist",
  train = { epochs = 1, batch = 100, loss = nn.cross_entropy(out, digit), optimizer = nn.adam {} } }
END
    "$NNGEN" --isa=portable -o "$1.c" "$1.lua" || fail "$1: status $?"
    compile_model "$NNGEN_CC" "$1" "$scratch/$1" -O1 -w || fail "$1: not compiled"
    "./$1" init --seed 3 --save "$1.safetensors"
}
loss() { ./tied eval --data synthetic --load "$1" | grep loss; }
net tied 'nn.linear { name = "again", tie = table, bias = false }(table(digit))'
net owner 'table(digit)'
net other 'nn.linear { name = "again", out = 10, bias = false }(nn.one_hot(digit))'
net apart 'nn.linear { name = "again", out = 10, bias = false }(table(digit))'

grep -aq '"again.weight"' tied.safetensors || fail "the tied weight has no name of its own in the file"
first=$(loss tied.safetensors)
[ -n "$first" ] || fail "a file with both names is not evaluated"
[ "$(loss owner.safetensors)" = "$first" ] || fail "the owner's name alone gives another loss"
second=$(loss other.safetensors)
[ -n "$second" ] && [ "$second" != "$first" ] || fail "the other name alone is not loaded"
loss apart.safetensors >/dev/null 2>message && fail "weights that differ are loaded"
grep -q '"table.weight" and "again.weight" differ' message || fail "they differ: $(cat message)"

./tied train --data synthetic --epochs 1 --load other.safetensors --save trained.safetensors >/dev/null 2>&1 ||
    fail "training from the other name: status $?"
./apart eval --data synthetic --load trained.safetensors >/dev/null || fail "an untied net does not load the file"
finish
