#!/bin/sh
# Code for prediction alone folds batch norms into the layers before them, once the parameters are set: its
# predictions are those of the whole program to 1e-5, the same bits on each instruction set, and parameters
# that were set stay as they are.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/common"
need_models
cd "$scratch"
generated=$scratch
cat >whole.lua <<'END'
local nn = require "nn"
local x, k = nn.input("pair", {2, 14, 14}), nn.label("comparison", 2)
local function bn(name, y) return nn.relu(nn.batch_norm2d { name = name }(y)) end
local y = bn("n1", nn.conv2d { name = "c1", out = 20, kernel = 3, padding = 1, bias = false }(x))
local z = bn("n2", nn.conv2d { name = "c2", out = 20, kernel = 3, padding = 1, groups = 20 }(y))
z = bn("n3", nn.conv2d { name = "c3", out = 37, kernel = 1, stride = 2 }(z))
local w = nn.conv2d { name = "c4", out = 37, kernel = 3, stride = 2, padding = 1 }(y)
z = z + nn.batch_norm2d { name = "n4", affine = false }(w) + w -- w has two users
local both, c5 = nn.batch_norm2d { name = "n5", bias = false, eps = 1e-3 }, nn.conv2d { name = "c5", out = 32, kernel = 3, padding = 1 }
z = nn.max_pool2d(nn.tanh(both(c5(z))) + nn.relu(both(c5(z * 0.5))))
local s = nn.batch_norm1d { name = "n6" }(nn.conv1d { name = "c6", out = 6, kernel = 3 }(nn.reshape(z, { 32, -1 })))
local r = nn.batch_norm1d { name = "n7", weight = false }(nn.linear { name = "l1", out = 21 }(nn.flatten(z)))
local t = nn.batch_norm1d { name = "n8" }(nn.linear { name = "l2", out = 5 }(s)) -- over places, not outputs
local logits = nn.linear { name = "out", out = 2 }(nn.concat { nn.relu(r), nn.flatten(t), nn.flatten(s) })
return nn.model {
  name = "whole", data = "mnist-pairs",
  train = { epochs = 1, batch = 20, loss = nn.cross_entropy(logits, k), optimizer = nn.adam { lr = 1e-2 } },
  predict = { logits = logits },
}
END
"$NNGEN" --isa=portable -o whole.c whole.lua || fail "whole: status $?"
compile_model "$NNGEN_CC" whole "$scratch/whole" -O1 -w || fail "whole: not compiled"
# Folded: c1 to c3, c5 with each of its two uses as one, c6, l1.
cp whole.c kept.c
"$NNGEN" --inference -o whole.c whole.lua || fail "inference: status $?"
compile_model "$NNGEN_CC" whole "$scratch/folded" -O0 -w -I"$NNGEN_SOURCE/tests/fuzz/quick" || fail "inference: not compiled"
"$NNGEN" --inference --isa=portable -o one.c whole.lua
folded=$(grep -c '^    nn_fold_weight(' one.c) || true
[ "$folded" = 6 ] || fail "$folded batch norms are folded, not 6"
grep -q nn_fold_weight kept.c && fail "a program that trains folds"
"$NNGEN" --inference --optimize=off --isa=portable -o one.c whole.lua
grep -q nn_fold_weight one.c && fail "without optimisation it folds"

data="--data synthetic --pairs 200 --val-pairs 20 --test-pairs 60"
trained whole whole
# shellcheck disable=SC2086
predicted() { "./$1" predict $data --quiet --load whole.safetensors --predictions "$2.csv" ${3:-} >/dev/null || fail "$1: status $?"; }
predicted whole whole
predicted folded folded
awk -F, 'NR == FNR { whole[FNR] = $0; next }
    FNR > 1 { split(whole[FNR], w, ","); for (i = 1; i <= NF; i++) { n++; d = $i - w[i]; s = w[i] < 0 ? -w[i] : w[i]
        if (d < 0) d = -d; if (d > worst) worst = d; if (s > most) most = s } }
    END { if (n < 100 || worst > 1e-5 * most) { print worst, most; exit 1 } }' whole.csv folded.csv ||
    fail "predictions differ"
cmp -s whole.csv folded.csv && fail "the bits are the same: nothing was folded"
for isa in portable avx2 avx512 neon; do
    ./folded info --isa "$isa" >/dev/null 2>&1 || continue
    predicted folded "$isa" "--isa $isa --threads 2"
    cmp "$isa.csv" folded.csv || fail "$isa: other predictions"
done

# A metric of no loss is none: eval needs the whole program.
# shellcheck disable=SC2086
./folded eval $data --quiet --load whole.safetensors >out 2>err && fail "eval without a loss"
grep -q "no training phase" err || fail "eval: $(cat err)"

# An architecture without training is enough, and its file has no code for it.
cat >bare.lua <<'END'
local nn = require "nn"
local x, y = nn.input("x", {4}), nn.label("y", 3)
local logits = nn.batch_norm1d { name = "norm" }(nn.linear { name = "fc", out = 3 }(x))
return nn.model { predict = { class = nn.argmax(logits), p = nn.softmax(logits) }, metrics = { right = nn.equal(nn.argmax(logits), y) } }
END
CC=$NNGEN_CC CFLAGS=-O1
export CC CFLAGS
"$NNGEN" --inference -o bare.c bare.lua 2>said || fail "bare: $(cat said)"
! grep -qE '_dgrad|_wgrad|cross_entropy|nn_phases' bare.c || fail "bare: code for training"
if "$NNGEN" -o other.c bare.lua 2>said; then fail "bare: compiled with training"; fi
grep -q "train is missing.*--inference" said && [ ! -e other.c ] || fail "bare: $(cat said)"
"$NNGEN" build --inference --isa=portable bare.lua 2>said && ./bare init --seed 1 --save bare.safetensors --quiet || fail "bare: $(cat said)"
printf 'a,b,c,d\n1,2,3,4\n-1,0,2,5\n0,1,0,1\n2,2,1,0\n' >rows.csv
"$NNGEN" data rows.csv -o rows.safetensors >said 2>&1 || fail "rows: $(cat said)"
./bare predict --load bare.safetensors --data rows.safetensors --split train --map x=features >bare.csv 2>said || fail "bare: $(cat said)"
[ "$(wc -l <bare.csv)" = 5 ] || fail "bare: $(cat bare.csv)"
"$NNGEN" --inference --weights bare.safetensors -o bare.c bare.lua 2>said || fail "bare: $(cat said)"
finish
