#!/bin/sh
# keep, monitor, patience, min_delta, in the file and as options: the weights that are saved are those of
# the best evaluation, whatever interrupts the training; the phase ends when its patience does.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/common"
need_models
cd "$scratch"
generated=$scratch
# made NAME OPTIONS: a program of a small network whose training has a rate that is too high to be steady.
made() {
    cat >"$1.lua" <<END
local nn = require "nn"
local x, y = nn.input("pair", {2, 14, 14}), nn.label("comparison", 2)
local out = nn.sequential { nn.flatten, nn.linear { name = "a", out = 8 }, nn.relu, nn.linear { name = "b", out = 2 } }(x)
local loss = nn.cross_entropy(out, y)
return nn.model {
  name = "best", data = "mnist-pairs",
  train = { { epochs = 4, batch = 50, optimizer = nn.sgd { lr = 0.01 }, loss = loss, $2 },
            { epochs = 16, batch = 50, optimizer = nn.adam { lr = 0.02 }, loss = loss, $3 } },
  predict = { comparison = nn.argmax(out) },
  metrics = { accuracy = nn.equal(nn.argmax(out), y), again = loss },
}
END
    "$NNGEN" -o best.c "$1.lua" || fail "$1: status $?"
    compile_model "$NNGEN_CC" best "$scratch/$1" -O1 -w || fail "$1: not compiled"
}
data="--data synthetic --pairs 150 --val-pairs 60 --test-pairs 20"
# placed LOG NAME: phase, epoch, step and value of each line.
placed() {
    awk -F, -v name="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i; next } { print $2, $3, $4, $at }' "$1"
}
made plain "" ""
trained plain plain
# Phase, epoch and step of the best line of phase 2: the first of equal ones.
smallest() { placed plain.csv "$1" | awk '$1 == 2 && (!n++ || $4 < best) { best = $4; at = $2 " " $3 } END { print at }'; }
largest() { placed plain.csv "$1" | awk '$1 == 2 && (!n++ || $4 > best) { best = $4; at = $2 " " $3 } END { print at }'; }

# The weights are those of a training that ends there: rates do not depend on the length.
[ "$(smallest val_loss)" != "15 48" ] && [ "$(largest val_accuracy)" != "$(smallest val_loss)" ] ||
    fail "this training is too steady: $(cat plain.csv)"
kept() {
    wanted=$1 name=$2
    shift 2
    epoch=${wanted% *}
    trained plain "$name" --keep best "$@" --json
    echo "$wanted" >wanted
    sed -n 's/.*"best":{"epoch":\([0-9]*\),"step":\([0-9]*\),.*/\1 \2/p' out | cmp -s - wanted ||
        fail "$name: $(tail -n 1 out), best is $wanted"
    cut -d , -f 1-12 plain.csv >a.cut
    cut -d , -f 1-12 "$name.csv" | cmp -s - a.cut || fail "$name: another course"
    # In a file with that many epochs in the second phase.
    sed "s/epochs = 16/epochs = $((epoch + 1))/" plain.lua >short.lua
    "$NNGEN" --isa=portable -o best.c short.lua && compile_model "$NNGEN_CC" best "$scratch/short" -O1 -w
    trained short "short" --json
    tensors short.safetensors >short.tensors
    tensors "$name.safetensors" | cmp short.tensors - || fail "$name: not the weights of epoch $epoch"
    grep '"event":"round"' out | sed 's/,"seconds.*//' >short.round
    # The figures are of these weights.
    trained plain again --keep best "$@" --json
    grep '"event":"round"' out | sed 's/,"best.*//' | cmp -s - short.round || fail "$name: figures: $(cat out short.round)"
}
kept "$(smallest val_loss)" by_loss
kept "$(largest val_accuracy)" by_accuracy --monitor val_accuracy
kept "$(largest val_again)" reversed --monitor -val_again
kept "$(smallest loss)" running --monitor loss
trained plain last --keep last
cmp plain.safetensors last.safetensors || fail "--keep last"

# In the file, and for any threads and instruction set. Of two phases the last decides.
made said 'keep = "last"' 'keep = "best", monitor = "val_accuracy"'
for isa in $(./plain info --json | json_list isa); do
    for threads in 1 2; do
        trained said said --threads $threads --isa "$isa"
        cmp said.safetensors by_accuracy.safetensors || fail "$isa, $threads threads: other weights"
        tensors said.checkpoint.safetensors >"said.$isa.$threads"
    done
done
for bits in said.*.[0-9]; do cmp said.portable.1 "$bits" || fail "$bits: another checkpoint"; done
trained said overruled --keep last
cmp plain.safetensors overruled.safetensors || fail "--keep does not overrule the file"

# A checkpoint's own tensors are the best; what the training goes on from is apart.
grep -aq 'state/raw/a.weight' said.checkpoint.safetensors || fail "no state/raw"
# shellcheck disable=SC2086
for file in said.safetensors said.checkpoint.safetensors; do
    ./said eval $data --load "$file" --split val --json
done | uniq | wc -l | grep -qx ' *1' || fail "the checkpoint's own tensors are others"
grep -q "state/raw" plain.checkpoint.safetensors && fail "state/raw without keep"

# Patience: each phase has its own; lines end where the last gain is that many evaluations ago.
made patient 'patience = 100' 'keep = "best", patience = 3, min_delta = 0.02, monitor = "val_accuracy"'
trained patient patient
placed plain.csv val_accuracy | awk '$1 == 2 { print $2, $3; if (!n++ || $4 > mark + 0.02) { mark = $4; waited = 0 } else if (++waited == 3) exit }' >wanted
placed patient.csv val_accuracy | awk '$1 == 2 { print $2, $3 }' | cmp -s - wanted || fail "patience: $(cat patient.csv)"
[ "$(wc -l <wanted)" -lt 16 ] || fail "this training has gains for ever: $(cat patient.csv)"
grep -q "phase 2 ends after [0-9]* epochs, step [0-9]*: in 3 evaluations val_accuracy has not risen above 0\.[0-9]* by more than 0.02" err || fail "patience: $(cat err)"
trained plain options --keep best --patience 3 --min-delta 0.02 --monitor val_accuracy --eval-every 1
grep -c . options.csv >lines
# The option is for all phases: the first ends early, too.
[ "$(cat lines)" -le "$(wc -l <patient.csv)" ] || fail "--patience is not for all phases"
./patient train $data --resume patient.checkpoint.safetensors --save go.safetensors >out 2>err || fail "resumed: $(cat err)"
cmp patient.safetensors go.safetensors && cmp patient.checkpoint.safetensors go.checkpoint.safetensors ||
    fail "resumed at the end: other bytes"

# Bad input.
refused() {
    status=$1 words=$2
    shift 2
    actual=0
    # shellcheck disable=SC2086
    ./plain train $data --quiet "$@" >out 2>err || actual=$?
    [ "$actual" -eq "$status" ] && grep -q -- "$words" err || fail "$*: status $actual: $(cat err)"
}
refused 1 'no column "val_acuracy"; did you mean "val_accuracy"' --monitor val_acuracy
refused 1 'it has loss, train_loss, .*, lr, grad_norm' --monitor nothing_like_it
refused 1 '--monitor train_loss: --no-train-eval leaves it out' --monitor train_loss --no-train-eval
refused 2 '--patience: 0 is out of range' --patience 0
refused 2 '--min-delta: number from 0' --min-delta -1
refused 2 '--keep: best or last wanted' --keep all
refused 1 'begun with --monitor val_accuracy, not loss' --resume options.checkpoint.safetensors --monitor loss
refused 1 'begun with --patience 3, not 4' --resume options.checkpoint.safetensors --patience 4
refused 1 'begun without --keep' --resume plain.checkpoint.safetensors --keep best
finish
