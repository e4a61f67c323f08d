#!/bin/sh
# A training that leaves the finite numbers stops, says where and why, and keeps the last good state;
# one that gets nowhere says so.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/rated.inc"
[ -z "${NNGEN_SANITIZED:-}" ] || skip "the libraries are built with sanitizers"
need_models
options="--data synthetic --pairs 60 --val-pairs 5 --test-pairs 5 --batch 10 --rounds 1 --quiet"

made bomb "$diverging"
printf 'old' >"$scratch/w.safetensors"
status=0
# shellcheck disable=SC2086
"$scratch/bomb" train $options --save "$scratch/w.safetensors" >/dev/null 2>"$scratch/err" || status=$?
[ "$status" -eq 1 ] || fail "bomb: status $status"
grep -Eq 'diverged at step [23] of epoch 2, phase 1, round 0: the (values of|update makes)' "$scratch/err" ||
    fail "bomb: $(cat "$scratch/err")"
grep -Eq '(linear (second|third) \(bomb.lua:[67]\)|first.weight).* from -?[0-9.e+-]+ to ' "$scratch/err" ||
    fail "bomb: no tensor, line and range: $(cat "$scratch/err")"
[ "$(cat "$scratch/w.safetensors")" = old ] || fail "bomb: the file of --save was changed"
grep -q 'beginning of epoch 2' "$scratch/err" || fail "bomb: $(cat "$scratch/err")"
"$scratch/bomb" eval --load "$scratch/w.safetensors.good" --data synthetic --pairs 60 --quiet \
    >"$scratch/said" 2>&1 || fail "bomb: the good state cannot be used: $(cat "$scratch/said")"
# It is the state that the training had there.
# shellcheck disable=SC2086
"$scratch/bomb" train --resume "$scratch/w.safetensors.good" --data synthetic --quiet \
    --save "$scratch/w.safetensors" >/dev/null 2>"$scratch/again" && fail "bomb: resumed and went well"
cmp "$scratch/err" "$scratch/again" || fail "bomb: resumed, another message"

# A value in the data that is not finite is named before anything is trained: see train/cli. Here a
# learning rate of zero, and one that is too high.
made still 0
# shellcheck disable=SC2086
"$scratch/still" train $options >/dev/null 2>"$scratch/err" || fail "still: status $?"
grep -q 'no parameter moved: the learning rate' "$scratch/err" || fail "still: $(cat "$scratch/err")"
# Moments move all the same.
cp "$scratch/still.lua" "$scratch/still.in"
for optimizer in 'nn.adam { lr = 0 }' 'nn.sgd { lr = 0, momentum = 0.9 }' 'nn.adam { lr = 1e-30 }'; do
    sed "s/optimizer = nn.sgd {[^}]*}/optimizer = $optimizer/" "$scratch/still.in" | model still
    # shellcheck disable=SC2086
    "$scratch/still" train $options >/dev/null 2>"$scratch/err" || fail "still, $optimizer: status $?"
    grep -q 'no parameter moved: the learning rate' "$scratch/err" || fail "still, $optimizer: $(cat "$scratch/err")"
done
# A learning rate that is no number, or one that no float holds, is told as such.
for rate in 1e300 'nn.epoch * 1e300' '2 * nn.epoch / (3 * nn.epoch)'; do
    made rate "$rate"
    status=0
    # shellcheck disable=SC2086
    "$scratch/rate" train $options >/dev/null 2>"$scratch/err" || status=$?
    [ "$status" -eq 1 ] || fail "rate $rate: status $status"
    grep -Eq 'diverged at step [0-9]+ .*: the learning rate.* is (1e\+300, beyond what a float holds|nan)' "$scratch/err" ||
        fail "rate $rate: $(cat "$scratch/err")"
    ! grep -q 'smaller learning rate' "$scratch/err" || fail "rate $rate: $(cat "$scratch/err")"
done
made rising '5 * nn.epoch'
# shellcheck disable=SC2086
"$scratch/rising" train $options >/dev/null 2>"$scratch/err" || fail "rising: status $?"
grep -q 'the loss did not fall: ' "$scratch/err" || fail "rising: $(cat "$scratch/err")"
made well 0.1
# shellcheck disable=SC2086
"$scratch/well" train $options >/dev/null 2>"$scratch/err" || fail "well: status $?"
[ ! -s "$scratch/err" ] || fail "well: $(cat "$scratch/err")"

# Weights that overflow: predict and grad say so, and no class is made up.
"$scratch/well" init --seed 1 --save "$scratch/huge" >/dev/null
length=$(od -An -t u8 -N 8 "$scratch/huge" | tr -d ' ')
count=$((($(wc -c <"$scratch/huge") - length - 8) / 4))
{ head -c $((length + 8)) "$scratch/huge"; yes "$(printf '\377\377\177\177')" | tr -d '\n' | head -c $((4 * count)); } \
    >"$scratch/huge2"
mv "$scratch/huge2" "$scratch/huge"
"$scratch/well" predict --load "$scratch/huge" --data synthetic --test-pairs 5 >"$scratch/out" 2>"$scratch/err" ||
    fail "huge: predict: status $?"
grep -q 'test, sample 0: the comparison is not finite' "$scratch/err" || fail "huge: predict: $(cat "$scratch/err")"
[ "$(grep -c 'not finite' "$scratch/err")" -eq 1 ] || fail "huge: predict: $(cat "$scratch/err")"
[ "$(cut -d , -f 5,6 "$scratch/out" | tail -n 5 | sort -u)" = nan,0 ] || fail "huge: predict: $(cat "$scratch/out")"
"$scratch/well" predict --load "$scratch/huge" --data synthetic --test-pairs 5 --json 2>/dev/null |
    grep -q '"comparison": *null' || fail "huge: predict --json"
"$scratch/well" grad --load "$scratch/huge" --data synthetic --batch 4 --out "$scratch/g" >"$scratch/out" 2>"$scratch/err" ||
    fail "huge: grad: status $?"
grep -q 'the loss is not finite' "$scratch/err" || fail "huge: grad: $(cat "$scratch/err")"
[ "$(cat "$scratch/out")" = "loss nan on 4 samples" ] || fail "huge: grad: $(cat "$scratch/out")"
# All of them the same NaN.
tensors "$scratch/g" | od -An -v -t x4 -w4 | grep -i ' [7f]f[cdef89ab]' | sort -u >"$scratch/nans"
[ "$(cat "$scratch/nans")" = " 7fc00000" ] || fail "huge: grad: $(cat "$scratch/nans")"
grep -q 'the gradient of third.weight is not finite' "$scratch/err" || fail "huge: grad: $(cat "$scratch/err")"

# Stopped while the parameters are not finite, whenever that is: they are not saved.
made wild 1e300
for pause in 0.02 0.05 0.1 0.2 0.4; do
    printf 'old' >"$scratch/w.safetensors"
    timeout -s INT "$pause" "$scratch/wild" train --data synthetic --pairs 2000 --quiet \
        --save "$scratch/w.safetensors" >/dev/null 2>"$scratch/err" || true
    [ "$(cat "$scratch/w.safetensors")" = old ] ||
        "$scratch/wild" eval --data synthetic --pairs 60 --quiet --load "$scratch/w.safetensors" >/dev/null ||
        fail "wild: stopped after $pause s: $(cat "$scratch/err")"
done

# Gradients that stand still: their variance, of which centred RMSprop takes the root, is zero, and
# rounding would take it below.
model steady <<'END'
local nn = require "nn"
local x, loss = nn.flatten(0 * nn.input("left", {1, 14, 14})), 0
for i = 1, 12 do
  loss = loss + nn.bce_with_logits(nn.linear { name = "at" .. i, out = 1 }(x), -i / 7)
end
return nn.model {
  name = "steady", data = "mnist-pairs",
  train = { epochs = 30, batch = 10, loss = loss,
            optimizer = nn.rmsprop { lr = 1, alpha = 0.5, centered = true } },
}
END
# shellcheck disable=SC2086
"$scratch/steady" train $options >/dev/null 2>"$scratch/err" || fail "steady: $(cat "$scratch/err")"

# Squares of gradients that no float holds: the moment is named, and no learning rate would help. A
# metric beyond the floats is told.
# overflowing NAME LOSS [METRIC]: a program with this loss, and metric, of its output y.
overflowing() {
    model "$1" <<END
local nn = require "nn"
local x = nn.flatten(nn.input("left", {1, 14, 14}))
local y = nn.linear { name = "a", out = 1 }(x)
return nn.model {
  name = "$1", data = "mnist-pairs",
  train = { epochs = 2, batch = 10, loss = $2, optimizer = nn.adam { lr = 1e-3 } },
  metrics = { beyond = ${3:-nn.mse(1e20 * y, 0)} },
}
END
}
overflowing large 'nn.mse(2e19 * y, 0.5e19)'
# shellcheck disable=SC2086
"$scratch/large" train $options >/dev/null 2>"$scratch/err" && fail "large: went well"
grep -q 'diverged at step 0 of epoch 0.*not finite.*smaller data may help' "$scratch/err" || fail "large: $(cat "$scratch/err")"
overflowing fast 'nn.mse(y, 5)'
# shellcheck disable=SC2086
"$scratch/fast" train $options --lr-scale 1e25 >/dev/null 2>"$scratch/err" && fail "fast: went well"
grep -q 'diverged at step 1 of epoch 0.*not finite.*smaller learning rate may help' "$scratch/err" || fail "fast: $(cat "$scratch/err")"
overflowing moment '2e22 * nn.mse(y, 5)'
# shellcheck disable=SC2086
"$scratch/moment" train $options >/dev/null 2>"$scratch/err" && fail "moment: went well"
grep -q 'makes exp_avg_sq of a.\(weight\|bias\) not finite.*smaller loss' "$scratch/err" ||
    fail "moment: $(cat "$scratch/err")"
"$scratch/moment" init --seed 1 --save "$scratch/moment.safetensors" >/dev/null
"$scratch/moment" eval --data synthetic --pairs 60 --load "$scratch/moment.safetensors" >/dev/null 2>"$scratch/err"
grep -q 'test: the beyond is not finite' "$scratch/err" || fail "moment: $(cat "$scratch/err")"
# NaN has no sign, in the log, the tables and the lines of predictions.
undefined=$scratch/undefined
overflowing undefined 'nn.mse(y, 0.5)' 'nn.mse(1e20 * y, 0) - nn.mse(1e21 * y, 0)'
# shellcheck disable=SC2086
"$undefined" train --data synthetic --pairs 60 --batch 10 --rounds 2 --save "$undefined.st" --log "$undefined.csv" \
    >"$scratch/out" 2>"$scratch/err" || fail "undefined: $(cat "$scratch/err")"
"$undefined" eval --data synthetic --pairs 60 --load "$undefined.0.st" --predictions "$undefined.lines" \
    >>"$scratch/out" 2>>"$scratch/err" || fail "undefined: $(cat "$scratch/err")"
for file in "$undefined.csv" "$undefined.lines" "$scratch/out"; do
    grep -q nan "$file" || fail "undefined: $file: $(head -n 3 "$file")"
done
! grep -e -nan "$undefined.csv" "$undefined.lines" "$scratch/out" "$scratch/err" || fail "NaN with a sign"

# Gradients that are zero while weight decay moves the parameters.
model idle <<'END'
local nn = require "nn"
local y = nn.linear { name = "a", out = 1 }(nn.flatten(0 * nn.input("left", {1, 14, 14})))
return nn.model {
  name = "idle", data = "mnist-pairs",
  train = { epochs = 2, batch = 10, loss = nn.mse(nn.relu(nn.tanh(y) - 2), 0.5),
            optimizer = nn.sgd { lr = 0.1, weight_decay = 0.1 } },
}
END
# shellcheck disable=SC2086
"$scratch/idle" train $options >/dev/null 2>"$scratch/err" || fail "idle: status $?"
grep -q 'all gradients of its last batch are zero' "$scratch/err" || fail "idle: $(cat "$scratch/err")"
finish
