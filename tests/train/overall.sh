#!/bin/sh
# nn.overall and losses as metrics: what a program reports of a split is what NumPy makes of the predictions
# for its samples, for any number of threads, and any way to cut the split into batches gives the same.
. "$(dirname "$0")/../lib.sh"
. "$NNGEN_SOURCE/tests/data/common"
need_models
need_python numpy
generated=$scratch
tests=$NNGEN_SOURCE/tests
"$NNGEN" --isa=portable -o scores.c "$tests/models/scores.lua" && compile_model "$NNGEN_CC" scores scores -O1 -w || fail scores
"$python" "$tests/train/overall.py" make
make table.safetensors train.csv test.csv --label l --target t --target b
./scores init --seed 5 --save scores.safetensors
scored() { ./scores eval --load scores.safetensors --data table.safetensors --json "$@" || fail "eval $*"; }
scored --predictions lines.csv >all.json
"$python" "$tests/train/overall.py" check lines.csv test.csv all.json || fail "the whole split"
scored --threads 1 >one.json
scored --threads 3 | cmp one.json - || fail "other numbers of threads, other bits"

# A line shows what a sample has by itself: losses and means, nothing of the whole split.
head -n 1 lines.csv | tr ',' '\n' | grep -cx 'accuracy\|part\|exact\|error\|rmse\|class_perplexity' | grep -qx 6 || fail "$(head -n 1 lines.csv)"
head -n 1 lines.csv | grep -q 'r2\|f1\|iou\|deviation\|relative' && fail "$(head -n 1 lines.csv)"
./scores predict --load scores.safetensors --data table.safetensors --json >lines.json || fail predict
grep -q '"r2"' lines.json && fail "predict: $(head -n 1 lines.json)"
grep -c '"accuracy"' lines.json | grep -qx 700 || fail "predict: $(head -n 1 lines.json)"

# A training logs them, keeps what rises, and draws them.
./scores train --data table.safetensors --epochs 6 --monitor train_f1 --keep best --quiet --log log.csv \
    --plot p.svg --tensorboard tb --json >round.json || fail train
head -n 1 log.csv | grep -q 'train_f1,.*train_perplexity,train_r2' || fail "log: $(head -n 1 log.csv)"
grep -q '"r2"' round.json || fail "$(cat round.json)"
grep -q '>r2<' p.svg || fail "no picture of r2"
value=$(tail -n 1 round.json | grep -o '"monitor": *"train_f1", *"value": *[0-9.e-]*' | sed 's/.*: *//')
largest=$(awk -F , 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "train_f1") c = i; next }
    $c > most { most = $c } END { print most }' log.csv)
awk "BEGIN { exit !($value > 0 && $value >= $largest * 0.999999) }" || fail "the best epoch has $value, the largest is $largest"

# A program that embeds the net: sums of batches of any size.
"$NNGEN" -o scores.c "$tests/models/scores.lua"
$NNGEN_CC -std=c11 -O1 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -I"$NNGEN_SOURCE/runtime" \
    "$tests/train/overall.c" scores.c -lm -o batches || fail "overall.c"
./batches || fail "batches"
finish
