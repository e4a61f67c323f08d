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
grep -q 'the loss did not fall\|no parameter moved' "$scratch/err" || fail "still: $(cat "$scratch/err")"
made rising '5 * nn.epoch'
# shellcheck disable=SC2086
"$scratch/rising" train $options >/dev/null 2>"$scratch/err" || fail "rising: status $?"
grep -q 'the loss did not fall: ' "$scratch/err" || fail "rising: $(cat "$scratch/err")"
made well 0.1
# shellcheck disable=SC2086
"$scratch/well" train $options >/dev/null 2>"$scratch/err" || fail "well: status $?"
[ ! -s "$scratch/err" ] || fail "well: $(cat "$scratch/err")"

# Gradients that stand still: their variance, of which centred RMSprop takes the root, is zero, and
# rounding would take it below.
generated=$scratch
cat >"$scratch/steady.lua" <<'END'
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
"$NNGEN" --isa=portable -o "$scratch/steady.c" "$scratch/steady.lua" || fail "steady: nngen: status $?"
compile_model "$NNGEN_CC" steady "$scratch/steady" -O1 || fail "steady: not compiled"
# shellcheck disable=SC2086
"$scratch/steady" train $options >/dev/null 2>"$scratch/err" || fail "steady: $(cat "$scratch/err")"
finish
