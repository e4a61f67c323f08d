#!/bin/sh
# The log of a training: its columns, the same for all threads and instruction sets; the gradient's norm is
# that of the gradient that `grad` writes; fewer evaluations, none of train, scaled learning rates.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/common"
need_models
cd "$scratch"
cat >line.lua <<'END'
local nn = require "nn"
local x, y = nn.input("pair", {2, 14, 14}), nn.label("comparison", 2)
local out = nn.sequential { nn.conv2d { name = "c", out = 5, kernel = 3 }, nn.relu, nn.flatten,
  nn.linear { name = "fc", out = 2 } }(x)
return nn.model {
  data = "mnist-pairs",
  train = { { epochs = 2, batch = 60, shuffle = false, optimizer = nn.sgd { lr = 0.5 / (1 + nn.step) },
              loss = nn.cross_entropy(out, y) },
            { epochs = 3, batch = 50, optimizer = nn.adam {}, loss = nn.cross_entropy(out, y), freeze = { "c" } } },
  predict = { comparison = nn.argmax(out) },
  metrics = { accuracy = nn.equal(nn.argmax(out), y) },
}
END
"$NNGEN" -o line.c line.lua || fail "line: status $?"
generated=$scratch
compile_model "$NNGEN_CC" line "$scratch/line" -O1 -w || fail "line: not compiled"
data="--data synthetic --pairs 120 --val-pairs 30 --test-pairs 10"
# logged LOG OPTION...
logged() {
    log=$1
    shift
    # shellcheck disable=SC2086
    ./line train $data --quiet --log "$log" "$@" >out 2>err || fail "$log: status $?: $(cat err)"
}

logged whole.csv --save whole.safetensors
[ "$(head -n 1 whole.csv)" = "round,phase,epoch,step,loss,train_loss,train_accuracy,val_loss,val_accuracy,lr,grad_norm,samples_per_second,seconds" ] ||
    fail "header: $(head -n 1 whole.csv)"
cut -d , -f 1-4 whole.csv | sed 1d >places
printf '0,1,0,2\n0,1,1,4\n0,2,0,3\n0,2,1,6\n0,2,2,9\n' | cmp -s places - || fail "places: $(cat places)"
[ "$(column whole.csv lr | tr '\n' ' ')" = "0.25 0.125 0.001 0.001 0.001 " ] || fail "lr: $(column whole.csv lr)"
column whole.csv samples_per_second | awk '!($1 > 0) { exit 1 }' || fail "samples per second: $(cat whole.csv)"
for isa in $(./line info --json | json_list isa); do
    for threads in 1 3; do
        logged other.csv --isa "$isa" --threads $threads
        cut -d , -f 1-11 whole.csv >a.cut
        cut -d , -f 1-11 other.csv | cmp - a.cut || fail "$isa, $threads threads: another log"
    done
done

# The norm at the initial weights, from the tensors of `grad`. One batch is the epoch.
./line init --seed 0 --save init.safetensors
./line grad --load init.safetensors --data synthetic --pairs 120 --batch 120 --out grad.safetensors >out
logged one.csv --batch 120
length=$(od -An -t u8 -N 8 grad.safetensors | tr -d ' ')
# The loss is the first float.
od -An -v -t f4 -w4 -j $((length + 12)) grad.safetensors | awk '{ sum += $1 * $1 } END { printf "%.6g\n", sqrt(sum) }' >norm
column one.csv grad_norm | head -n 1 | awk '{ printf "%.6g\n", $1 }' | cmp -s - norm ||
    fail "norm: $(column one.csv grad_norm | head -n 1), $(cat norm) wanted"

# Fewer evaluations leave the weights alone; the running loss is of all steps since the last one.
logged few.csv --eval-every 2 --no-train-eval --save few.safetensors
cmp whole.safetensors few.safetensors || fail "evaluations change the weights"
[ "$(head -n 1 few.csv)" = "round,phase,epoch,step,loss,val_loss,val_accuracy,lr,grad_norm,samples_per_second,seconds" ] ||
    fail "header: $(head -n 1 few.csv)"
cut -d , -f 1-4 few.csv | sed 1d >places
printf '0,1,1,4\n0,2,1,6\n0,2,2,9\n' | cmp -s places - || fail "places: $(cat places)"
column whole.csv loss | awk 'NR < 3 { sum += $1 } END { printf "%.9g\n", sum / 2 }' >mean
column few.csv loss | head -n 1 | awk '{ printf "%.9g\n", $1 }' | cmp -s - mean || fail "running loss: $(cat few.csv mean)"
./line train $data --quiet --json --no-train-eval >out
! grep '"event":"epoch"' out | grep -q '"train":' || fail "train is evaluated: $(cat out)"
grep '"event":"round"' out | grep -q '"train":{"loss"' || fail "the round has no train: $(cat out)"

logged scaled.csv --lr-scale 0.5
[ "$(column scaled.csv lr | tr '\n' ' ')" = "0.125 0.0625 0.00050000000000000001 0.00050000000000000001 0.00050000000000000001 " ] ||
    fail "scaled: $(column scaled.csv lr)"
cut -d , -f 5 scaled.csv >a.cut
! cut -d , -f 5 whole.csv | cmp -s a.cut - || fail "--lr-scale scales nothing"
for scale in 0 -1 inf nan x 1x; do
    if ./line train $data --lr-scale $scale >out 2>err; then fail "--lr-scale $scale"; fi
    grep -q -- '--lr-scale: number from' err || fail "--lr-scale $scale: $(cat err)"
done
finish
