#!/bin/sh
# The line of docs/language.md for the accuracy of yes-or-no values: the part of the predictions that are
# the target's.
. "$(dirname "$0")/../lib.sh"
need_models
cd "$scratch"
generated=$scratch
line=$(grep -o '1 - nn.mse(nn.less_equal(0 \* logits, logits), target)' "$NNGEN_SOURCE/docs/language.md") || fail "the page has another line"
cat >yes.lua <<END
local nn = require "nn"
local x, target = nn.input("x", {3}), nn.target("target", {3})
local logits = nn.linear { name = "fc", out = 3 }(x)
return nn.model {
  name = "yes",
  train = { epochs = 1, batch = 2, optimizer = nn.sgd {}, loss = nn.bce_with_logits(logits, target),
            keep = "best", monitor = "-val_accuracy" },
  predict = { logit = logits },
  metrics = { accuracy = $line },
}
END
"$NNGEN" --isa=portable -o yes.c yes.lua && compile_model "$NNGEN_CC" yes "$scratch/yes" -O1 -w || fail "yes"
./yes init --seed 3 --save init.safetensors
# 20 samples of values 0 and 1; x and target have the same bytes.
awk 'BEGIN { for (i = 0; i < 60; i++) print (i * i * 7 + i * 3) % 11 < 5 }' >bits
while read -r bit; do [ "$bit" -eq 1 ] && printf '\000\000\200\077' || printf '\000\000\000\000'; done <bits >bytes
header='{"test/x":{"dtype":"F32","shape":[20,3],"data_offsets":[0,240]},"test/target":{"dtype":"F32","shape":[20,3],"data_offsets":[240,480]}}'
{ byte ${#header}; printf '\000\000\000\000\000\000\000%s' "$header"; cat bytes bytes; } >data.safetensors
./yes eval --load init.safetensors --data data.safetensors --predictions p.csv --json >out 2>err || fail "eval: $(cat err)"
sed 1d p.csv | cut -d , -f 2-4 | tr ',' '\n' | paste -d ' ' - bits | awk '{ right += ($1 >= 0) == $2 } END { printf "%.6f\n", right / NR }' >wanted
json_value accuracy <out | awk '{ printf "%.6f\n", $1 }' | cmp -s - wanted || fail "accuracy: $(cat out), $(cat wanted) wanted"
finish
