#!/bin/sh
# Phases whose members take turns: what the log, JSON and words call their losses; monitors; eval after a training of
# another length. tests/train/recipes.sh compares the weights.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/common"
need_tools python3
python3 -c 'import numpy' 2>/dev/null || skip "NumPy is missing"
export PYTHONPATH="$NNGEN_SOURCE/tests/pytorch" PYTHONDONTWRITEBYTECODE=1
cd "$scratch"
generated=$scratch
python3 - <<'END'
import numpy as np
from tensors import write_tensors
random, data = np.random.default_rng(3), {}
for split, n in (("train", 100), ("val", 40)):
    data[split + "/seed"] = random.normal(size=(n, 5)).astype(np.float32)
    data[split + "/real"] = random.normal(size=(n, 6)).astype(np.float32)
write_tensors("data.safetensors", data)
END
cp "$NNGEN_SOURCE/tests/models/turns.lua" both.lua
# The same without the phase before.
sed -e '/^    { epochs = 1/d' -e 's/^  train = {/  train =/' -e '/^  },$/d' both.lua >alone.lua
for net in both alone; do
    "$NNGEN" --isa=portable -o $net.c $net.lua && compile_model "$NNGEN_CC" $net "$scratch/$net" -O1 -w || fail "$net: not compiled"
done

./both info --json >info || fail "info: status $?"
grep -q '"members":\[null,\[{"steps":[0-9]*,"optimizer":"[a-z]*","trainable":[0-9]*,"loss":"loss_1"},{"steps":' info ||
    fail "info: $(grep -o '"members":.\{200\}' info)"

# columns NET: of its log, from the fifth on.
columns() { head -n 1 "$1.csv" | cut -d , -f 5-; }
data="--data data.safetensors"
trained both both --json
trained alone alone --json --epochs 5
losses=train_loss_1,train_loss_2,val_distance,val_fooled,val_loss_1,val_loss_2
[ "$(columns both)" = "loss,loss_1,loss_2,train_loss,train_distance,train_fooled,$(echo $losses | sed 's/val_d/val_loss,val_d/'),lr,grad_norm,samples_per_second,seconds" ] ||
    fail "columns: $(columns both)"
[ "$(columns alone)" = "loss_1,loss_2,train_distance,train_fooled,$losses,lr,grad_norm,samples_per_second,seconds" ] ||
    fail "columns: $(columns alone)"
# Of a phase's losses those of the other kind are not there.
sed -n 2p both.csv | cut -d , -f 5-8 | grep -q '^[0-9.]*,nan,nan,[0-9]' || fail "the first phase: $(sed -n 2p both.csv)"
sed -n 3p both.csv | cut -d , -f 5-8 | grep -q '^nan,[0-9.]*,[0-9.]*,nan' || fail "the second phase: $(sed -n 3p both.csv)"
grep -q '"train_running":{"loss_1":[0-9.]*,"loss_2":[0-9.]*},' out || fail "JSON: $(cat out)"
grep -q '"loss":' out && fail "JSON has a loss: $(cat out)"

# The figures of eval are those that ended the training, whose length is not the file's: g_loss follows the epoch.
./alone eval --load alone.safetensors --data data.safetensors --split val --json >eval || fail "eval: status $?"
sed -n 's/.*"metrics":\({[^}]*}\).*/\1/p' eval >found
sed -n 's/.*"event":"round".*"val":\({[^}]*}\).*/\1/p' out | cmp - found || fail "eval: $(cat out eval)"
grep -q '"loss":' eval && fail "eval has a loss: $(cat eval)"

# refuses WORDS OPTION...: a training with the options.
refuses() {
    words=$1
    shift
    ./both train --quiet --data data.safetensors "$@" >out 2>err && fail "$*: status 0"
    grep -qF -- "$words" err || fail "$*: $(cat err)"
}
refuses "phase 2 has a loss for each member" --monitor val_loss
refuses 'the log has no column "val_loss_3"; did you mean' --monitor val_loss_3
sed 's/, keep = "best", monitor = "val_distance"//' alone.lua >plain.lua
"$NNGEN" --isa=portable -o plain.c plain.lua && compile_model "$NNGEN_CC" plain "$scratch/plain" -O1 -w || fail "plain: not compiled"
./plain train --quiet --data data.safetensors --keep best >out 2>err && fail "--keep best: status 0"
grep -qF "give --monitor val_loss_1" err || fail "--keep best: $(cat err)"
trained plain plain --keep best --monitor val_loss_1
grep -q "the smallest val_loss_1" out || fail "--monitor val_loss_1: $(cat out)"

# Gradients of a member are those of what it trains.
for member in 1 2; do
    ./alone grad --quiet --load alone.safetensors --data data.safetensors --batch 9 --out grad.safetensors --member $member >/dev/null || fail "grad: status $?"
    names=$(python3 -c 'from tensors import read_tensors; print(*sorted({n[0] for n in read_tensors("grad.safetensors")}))')
    [ "$names" = "$([ $member = 1 ] && echo "d l" || echo "g l")" ] || fail "grad of member $member: $names"
done
./alone grad --load alone.safetensors --data data.safetensors --batch 9 --out grad.safetensors --member 3 2>err && fail "--member 3: status 0"
grep -q "phase 1 has 2" err || fail "--member 3: $(cat err)"
finish
