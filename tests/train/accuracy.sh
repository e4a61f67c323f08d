#!/bin/sh
# The lines of docs/language.md for the accuracy of yes-or-no values: the part of the predictions that are
# the target's, and that of the samples all of whose predictions are; of several values and of one.
. "$(dirname "$0")/../lib.sh"
need_models
cd "$scratch"
generated=$scratch
page=$NNGEN_SOURCE/docs/language.md
part='nn.mean(nn.equal(nn.greater_equal(logits, 0), target))'
whole='nn.equal(nn.sum(nn.equal(nn.greater_equal(logits, 0), target)), n)'
for line in "$part" "$whole"; do grep -qF "$line" "$page" || fail "the page has another line than $line"; done
cat >yes.lua <<END
local nn = require "nn"
local n = 3
local x, target, one = nn.input("x", {3}), nn.target("target", {3}), nn.target("one", {1})
local logits = nn.linear { name = "fc", out = n }(x)
local single = nn.linear { name = "one", out = 1 }(logits)
local function right(logits, target) return $part end
return nn.model {
  name = "yes",
  train = { epochs = 1, batch = 2, optimizer = nn.sgd {}, loss = nn.bce_with_logits(logits, target),
            keep = "best", monitor = "val_accuracy" },
  predict = { logit = logits, single = single },
  metrics = { accuracy = $part, exact = $whole, one = right(single, one) },
}
END
"$NNGEN" --isa=portable -o yes.c yes.lua && compile_model "$NNGEN_CC" yes "$scratch/yes" -O1 -w || fail "yes"
./yes init --seed 3 --save init.safetensors
# 20 samples of values 0 and 1; x and target have the same bytes, the single target the first of them.
awk 'BEGIN { for (i = 0; i < 60; i++) print (i * i * 7 + i * 3) % 11 < 5 }' >bits
while read -r bit; do [ "$bit" -eq 1 ] && printf '\000\000\200\077' || printf '\000\000\000\000'; done <bits >bytes
header='{"test/x":{"dtype":"F32","shape":[20,3],"data_offsets":[0,240]},"test/target":{"dtype":"F32","shape":[20,3],"data_offsets":[240,480]},"test/one":{"dtype":"F32","shape":[20,1],"data_offsets":[480,560]}}'
{
    byte $((${#header} & 255)); byte $((${#header} >> 8)); printf '\000\000\000\000\000\000%s' "$header"
    cat bytes bytes; head -c 80 bytes
} >data.safetensors
./yes eval --load init.safetensors --data data.safetensors --predictions p.csv --json >out 2>err || fail "eval: $(cat err)"
# bits in the lines' order: 3 a sample, then the single one
paste -d ' ' - - - <bits >threes
head -n 20 bits | paste -d ' ' threes - >wanted
sed 1d p.csv | cut -d , -f 2-5 | tr ',' ' ' | paste -d ' ' - wanted | awk '
    { here = ($1 >= 0) == $5; here += ($2 >= 0) == $6; here += ($3 >= 0) == $7
      right += here; exact += here == 3; one += ($4 >= 0) == $8 }
    END { printf "accuracy %.6f\nexact %.6f\none %.6f\n", right / 3 / NR, exact / NR, one / NR }' >figures
while read -r name figure; do
    json_value "$name" <out | awk '{ printf "%.6f\n", $1 }' | grep -qx "$figure" || fail "$name: $(cat out), $figure wanted"
done <figures
[ "$(wc -l <figures)" -eq 3 ] || fail "no figures"
finish
