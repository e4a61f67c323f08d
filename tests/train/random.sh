#!/bin/sh
# Random values outside of data: a model without fields trains by steps and evaluates as many samples as it says, with the
# same bits for any threads, instruction sets and interruptions; predictions that read no field are made without
# data, and a sample's index alone decides what is drawn for it.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/common"
need_models
tests=$NNGEN_SOURCE/tests/train
cd "$scratch"
generated=$scratch
unset NNGEN_DATA
data=
"$NNGEN" -o fieldless.c "$tests/fieldless.lua" && compile_model "$NNGEN_CC" fieldless fieldless -O1 -w || fail fieldless
for isa in $(known_isas); do
    ./fieldless info --isa "$isa" >out 2>&1 || continue
    ./fieldless check --isa "$isa" >out 2>&1 || fail "check: $(cat out)"
    trained fieldless "$isa" --isa "$isa" --threads 3
    [ -e first ] || cp "$isa.safetensors" first
    cmp first "$isa.safetensors" || fail "$isa: other weights"
done

trained fieldless whole --threads 1 --json
cmp whole.safetensors first || fail "threads change the weights"
cut -d , -f 3,4 whole.csv | sed 1d | tr '\n' ' ' | grep -qx '0,20 0,40 0,60 ' || fail "evaluations: $(cat whole.csv)"
head -n 1 whole.csv | grep -q train_distance || fail "columns: $(cat whole.csv)"
if head -n 1 whole.csv | grep -q 'val_\|test_'; then fail "columns: $(cat whole.csv)"; fi
grep '"event":"round"' out | sed 's/.*"train":{\([^}]*\)}.*/\1/' >round
# The figures that end the round are those of eval, in the order of the metrics.
./fieldless eval --load whole.safetensors --json >out || fail "eval"
grep -q '"samples":100,' out || fail "eval: $(cat out)"
grep -q "\"loss\":$(sed 's/"loss":\([^,]*\),.*/\1/' round),\"metrics\":{$(sed 's/"loss":[^,]*,//' round)}" out ||
    fail "eval: $(cat out), not $(cat round)"

# Longer, and interrupted.
trained fieldless part --steps 35
./fieldless train --quiet --resume part.checkpoint.safetensors --steps 60 --save resumed.safetensors >out 2>err || fail "$(cat err)"
trained fieldless sixty --steps 60
tensors sixty.safetensors >sixty.bits
tensors resumed.safetensors | cmp - sixty.bits || fail "resumed: other weights"

# Samples by their index; any split is the same.
./fieldless predict --load whole.safetensors >all.csv || fail "predict"
[ "$(wc -l <all.csv)" -eq 65 ] || fail "$(wc -l <all.csv) lines of 64 samples"
./fieldless predict --load whole.safetensors --first 60 --samples 3 --predictions some.csv || fail "predict --first"
{ sed -n 1p all.csv; sed -n 62,64p all.csv; } | cmp - some.csv || fail "--first: $(cat some.csv)"
sed -n 2,65p all.csv | cut -d , -f 2 | sort -u | wc -l | grep -qx 64 || fail "samples are alike"
./fieldless eval --load whole.safetensors --predictions every.csv >out || fail "eval --predictions"
sed -n 1,65p every.csv | cmp - all.csv || fail "eval and predict differ"

# One with fields, of which the prediction reads none.
cat >noise.lua <<'LUA'
local nn = require "nn"
local x = nn.input("pair", {2, 14, 14})
local z = nn.rand({4}, { name = "z" })
return nn.model { data = "mnist-pairs", predict = { z = z }, metrics = { first = nn.select(z, 1, 1) },
  train = { epochs = 1, batch = 25, loss = nn.mse(nn.linear { name = "fc", out = 4 }(nn.flatten(x)), z), optimizer = nn.sgd {} } }
LUA
"$NNGEN" --isa=portable -o noise.c noise.lua && compile_model "$NNGEN_CC" noise noise -O1 -w || fail noise
./noise init --save noise.safetensors
./noise predict --load noise.safetensors --samples 9 >drawn.csv || fail "predict without data"
./noise predict --load noise.safetensors --data synthetic --pairs 20 --val-pairs 20 --test-pairs 20 --first 2 --samples 7 >test.csv ||
    fail "predict with data"
sed 1,3d drawn.csv | cut -d , -f 2-5 >a
sed 1d test.csv | cut -d , -f 5-8 | cmp - a || fail "data change what is drawn: $(cat test.csv drawn.csv)"

# The mean over a split by evaluate, of samples one by one, and of both in batches.
./noise eval --load noise.safetensors --data synthetic --pairs 20 --val-pairs 20 --test-pairs 300 --json --predictions eval.csv >out ||
    fail "eval of noise"
column eval.csv first | awk '{ sum += $1 } END { printf "%.6f\n", sum / NR }' >a
sed 's/.*"first":\([0-9.]*\).*/\1/' out | awk '{ printf "%.6f\n", $1 }' | cmp - a || fail "evaluation: $(cat out a)"

refused() {
    words=$1
    shift
    status=0
    "$@" >out 2>err || status=$?
    [ "$status" -eq 1 ] && grep -q -- "$words" err && [ "$(wc -l <err)" -eq 1 ] || fail "$*: status $status: $(cat err)"
}
refused '--data synthetic: the model reads no field; leave --data out' ./fieldless train --quiet --data synthetic
refused '--epochs: phase 1 counts steps; give --steps' ./fieldless train --quiet --epochs 3
refused 'the test split has samples 0 to 19' ./noise predict --load noise.safetensors --data synthetic --pairs 20 \
    --val-pairs 20 --test-pairs 20 --first 20
./fieldless grad --load whole.safetensors --batch 150 --out g.safetensors >out || fail "grad"
./fieldless bench --batch 8 >out 2>err || fail "bench: $(cat err)"
finish
