#!/bin/sh
# Phases that count steps: where they are evaluated, on how many samples, what schedules see, and that
# --steps and --epochs go with what a phase counts.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/common"
need_models
cd "$scratch"
generated=$scratch
# made NAME LENGTH...: a program; LENGTH is what its phase says.
made() {
    name=$1
    shift
    cat >"$name.lua" <<END
local nn = require "nn"
local x, y = nn.input("pair", {2, 14, 14}), nn.label("comparison", 2)
local out = nn.linear { name = "fc", out = 2 }(nn.flatten(x))
return nn.model {
  name = "steps", data = "mnist-pairs",
  train = { $*, optimizer = nn.sgd { lr = (1 + nn.epoch) / 64 + nn.epochs / 1024 + nn.step / (1048576 * nn.steps) },
            loss = nn.cross_entropy(out, y) },
  metrics = { accuracy = nn.equal(nn.argmax(out), y) },
}
END
    "$NNGEN" --isa=portable -o steps.c "$name.lua" || fail "$name: status $?"
    compile_model "$NNGEN_CC" steps "$scratch/$name" -O1 -w || fail "$name: not compiled"
}
data="--data synthetic --pairs 105 --val-pairs 50 --test-pairs 20"
places() {
    cut -d , -f 3,4 "$1.csv" | sed 1d | tr '\n' ' ' >got
    [ "$(cat got)" = "$2 " ] || fail "$1: evaluated at $(cat got), not $2"
}

# Five steps of 25 and one of 5 are a pass: 5 samples at its end are a batch.
made counting 'steps = 12, batch = 25, eval_every = 4'
trained counting counting
places counting "0,4 1,8 2,12"
# nn.epoch of the last step, nn.epochs rounded up.
column counting.csv lr | awk 'BEGIN { split("0 1 2", epoch); split("3 7 11", step) }
    { w = (1 + epoch[NR]) / 64 + 3 / 1024 + step[NR] / (1048576 * 12); if (($1 - w) ^ 2 > 1e-24) { print $1, w; exit 1 } }' ||
    fail "schedules: $(cat counting.csv)"
# The same steps as those of epochs, of which two are ten steps.
made epochs 'epochs = 2, batch = 25'
made ten 'steps = 10, batch = 25'
trained epochs epochs
trained ten ten
cut -d , -f 1-11 epochs.csv >a.cut
cut -d , -f 1-11 ten.csv | cmp -s a.cut - || fail "ten steps are not two epochs: $(cat epochs.csv ten.csv)"
cmp epochs.safetensors ten.safetensors || fail "ten steps are not two epochs: weights"
trained ten seven --steps 7 --eval-every 3
places seven "0,3 1,6 1,7"
made every 'epochs = 5, batch = 25, eval_every = 2'
trained every every
places every "1,10 3,20 4,25"
trained every each --eval-every 1
places each "0,5 1,10 2,15 3,20 4,25"
cmp every.safetensors each.safetensors || fail "eval_every changes the weights"

# Without the smaller batch a pass has four steps. No step has fewer samples.
made dropping 'steps = 9, batch = 25, drop_last = true'
trained dropping dropping
places dropping "0,4 1,8 2,9"
cmp -s dropping.safetensors counting.safetensors && fail "drop_last drops nothing"
made nothing 'epochs = 1, batch = 200, drop_last = true'
status=0
# shellcheck disable=SC2086
./nothing train $data --quiet >out 2>err || status=$?
[ "$status" -eq 1 ] && grep -q 'synthetic: 105 training samples are no batch of 200, and phase 1 drops smaller ones (drop_last)' err ||
    fail "no batch: status $status: $(cat err)"

# Ten samples of val are every fifth; the round's figures are of all.
made some 'steps = 12, batch = 25, eval_every = 4, eval_samples = 10'
trained some some --json
grep '"event":"round"' out | sed 's/,"seconds.*//' >some.round
cmp some.safetensors counting.safetensors || fail "eval_samples changes the weights"
trained counting again --json
grep '"event":"round"' out | sed 's/,"seconds.*//' | cmp -s - some.round || fail "eval_samples at the end: $(cat some.round)"
# shellcheck disable=SC2086
./counting eval $data --load counting.safetensors --split val --predictions val.csv >out
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "accuracy") at = i; next }
    (NR - 2) % 5 == 0 { sum += $at; n++ } END { printf "%.6g\n", sum / n }' val.csv >wanted
column some.csv val_accuracy | tail -n 1 | awk '{ printf "%.6g\n", $1 }' | cmp -s - wanted ||
    fail "eval_samples: $(cat some.csv), accuracy $(cat wanted)"

# A training that was interrupted inside of a pass, and one that goes on longer.
trained ten longer --steps 10
# shellcheck disable=SC2086
./ten train $data --quiet --resume longer.checkpoint.safetensors --steps 14 --save longer.safetensors --log longer.csv >out 2>err ||
    fail "longer: $(cat err)"
places longer "0,5 1,10 2,14"
grep -q '14 steps instead of 10: schedules' err || fail "longer: $(cat err)"

refused() {
    program=$1 words=$2
    shift 2
    status=0
    # shellcheck disable=SC2086
    "./$program" train $data --quiet "$@" >out 2>err || status=$?
    [ "$status" -eq 1 ] && grep -q -- "$words" err && [ "$(wc -l <err)" -eq 1 ] || fail "$*: status $status: $(cat err)"
}
refused ten '--epochs: phase 1 counts steps; give --steps' --epochs 3
refused ten '--epochs: phase 1 counts steps; give --steps' --steps 10 --epochs 3
refused epochs '--steps: phase 1 counts epochs; give --epochs' --steps 3
refused ten 'begun with 14 steps, --steps 12 is less' --resume longer.checkpoint.safetensors --steps 12
"$NNGEN" --emit=summary ten.lua | grep -q 'phase 1: 10 steps of batch 25' || fail "summary: $("$NNGEN" --emit=summary ten.lua)"
./ten check >out 2>&1 || fail "check: $(cat out)"
./ten init --save init.safetensors
# shellcheck disable=SC2086
./ten grad --data synthetic --pairs 105 --load init.safetensors --batch 5 --epoch 1 --out g.safetensors >out || fail "grad"
# shellcheck disable=SC2086
if ./ten grad --data synthetic --pairs 105 --load init.safetensors --batch 5 --epoch 2 --out g.safetensors >out 2>err; then fail "grad --epoch 2"; fi
grep -q 'phase 1 has epochs 0 to 1' err || fail "grad --epoch 2: $(cat err)"
finish
