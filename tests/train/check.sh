#!/bin/sh
# Every program against the double-precision interpreter, on every instruction set. Gradients whose
# terms cancel are right where they are nearly zero, and a mistake in one is seen.
. "$(dirname "$0")/../lib.sh"
need_models

for model in $NNGEN_MODELS; do
    for isa in $(isas "$model"); do
        if result=$("$(program "$model")" check --quiet --json --isa "$isa"); then
            case $result in
            *'"ok":true'* | *'"ok": true'*) echo "$model: $result" ;;
            *) fail "$model --isa $isa: $result" ;;
            esac
        else
            fail "$model --isa $isa: status $?: $result"
        fi
    done
done
# A batch of several chunks, whose gradients the update adds.
"$(program mlp)" check --quiet --batch 100 || fail "mlp, batch 100: status $?"

generated=$scratch
# checked NAME FILE EDIT: checks the model of the Lua file, its C changed by sed; the status is check's.
checked() {
    "$NNGEN" --isa=portable "$2" | sed "$3" >"$scratch/$1.c"
    compile_model "$NNGEN_CC" "$1" "$scratch/$1" -O1 -w || fail "$1: not compiled"
    "$scratch/$1" check --quiet >"$scratch/out" 2>"$scratch/err"
}
siamese=$NNGEN_SOURCE/tests/models/siamese.lua
checked siamese "$siamese" "" || fail "siamese: $(cat "$scratch/out")"
[ ! -s "$scratch/err" ] || fail "--quiet says something: $(cat "$scratch/err")"
# On a terminal a line tells how far it is, and goes.
"$NNGEN_CC" -std=c11 -w "$NNGEN_SOURCE/tests/train/terminal.c" -o "$scratch/terminal" || fail "terminal.c"
TERM=xterm "$scratch/terminal" 80 "$scratch/siamese" check >"$scratch/out" || fail "on a terminal: status $?"
grep -q '^drawn .*0%.*check' "$scratch/out" || fail "no progress: $(cat "$scratch/out")"
if grep '^left .*%.*check' "$scratch/out"; then fail "the line of progress stays"; fi
TERM=xterm "$scratch/terminal" 80 "$scratch/siamese" check --quiet >"$scratch/out" || fail "status $?"
if grep '^drawn' "$scratch/out"; then fail "--quiet draws"; fi
# One of the terms is left out, then those of one input.
for edit in 's/\(k_last_bias_grad.*n \* 2\));/\1 - 1);/' 's/\(k_last_bias_grad.*n\) \* 2);/\1);/'; do
    if checked siamese "$siamese" "$edit"; then fail "siamese, $edit: $(cat "$scratch/out")"; fi
    grep -q "gradient of last.bias" "$scratch/out" || fail "siamese, $edit: $(cat "$scratch/out")"
done
# The gradient of a bias that cancels, before a convolution by Winograd's algorithm: chance makes it
# small or its roundings large. It passes for all seeds; places left out of it are seen.
cat >"$scratch/cancels.lua" <<EOT
local nn = require "nn"
local x, label = nn.input("x", {29, 12, 10}), nn.label("l", 8)
local first = nn.conv2d { name = "k1", out = 1, kernel = 1 }
local y = nn.sequential {
  nn.conv2d { name = "k2", out = 10, kernel = 1, stride = 2, padding = 2, bias = false },
  nn.conv2d { name = "k3", out = 14, kernel = {3, 1}, stride = {1, 2}, padding = {2, 0}, bias = false }, nn.tanh,
  nn.conv2d { name = "k4", out = 17, kernel = 2, padding = 2 }, nn.sigmoid,
  nn.conv2d { name = "k5", out = 16, kernel = 3, padding = 1 }, nn.relu, nn.flatten,
}(nn.concat { first(x), x })
local f = nn.sigmoid(nn.linear { name = "fc", out = 41 }(y))
local a = nn.linear { name = "a", out = 8 }(nn.concat { f, y })
return nn.model {
  name = "cancels", predict = { a = nn.argmax(a) },
  train = { epochs = 1, batch = 10, loss = nn.cross_entropy(a, label), optimizer = nn.sgd {} },
}
EOT
checked cancels "$scratch/cancels.lua" "" || fail "cancels: $(cat "$scratch/out")"
seed=1
while [ "$seed" -le 40 ]; do
    "$scratch/cancels" check --quiet --batch 5 --seed "$seed" >"$scratch/out" || fail "seed $seed: $(cat "$scratch/out")"
    seed=$((seed + 1))
done
if checked cancels "$scratch/cancels.lua" 's/int p = 1; p < 120/int p = 1; p < 60/'; then
    fail "cancels, half of the places: $(cat "$scratch/out")"
fi
grep -q "gradient of k1.bias" "$scratch/out" || fail "cancels: $(cat "$scratch/out")"
# Zeros prove nothing, nor does what rounding leaves of them.
for loss in "nn.mse(y, y)" "nn.mse(y - t + t, y)"; do
    cat >"$scratch/zero.lua" <<EOT
local nn = require "nn"
local x, t = nn.input("x", {5}), nn.target("t", {3})
local y = nn.linear { name = "f", out = 3 }(x)
return nn.model {
  name = "zero", predict = { y = y },
  train = { epochs = 1, batch = 10, loss = $loss, optimizer = nn.sgd {} },
}
EOT
    if checked zero "$scratch/zero.lua" ""; then fail "$loss: $(cat "$scratch/out")"; fi
    grep -q "nothing was compared" "$scratch/out" || fail "$loss: $(cat "$scratch/out")"
done
finish
