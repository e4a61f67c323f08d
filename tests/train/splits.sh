#!/bin/sh
# Data without val or test, splits that are cut off train, arrays of other names: each row is in one split,
# in its order; a training on cut splits is that on a file with these splits.
. "$(dirname "$0")/../lib.sh"
need_models
cd "$scratch"
generated=$scratch
cat >row.lua <<'END'
local nn = require "nn"
local x, y = nn.input("x", {1}), nn.label("y", 4)
local out = nn.linear { name = "fc", out = 4 }(x)
return nn.model {
  train = { epochs = 3, batch = 8, optimizer = nn.sgd { lr = 0.1 }, loss = nn.cross_entropy(out, y) },
  predict = { value = x + 0 },
  metrics = { accuracy = nn.equal(nn.argmax(out), y) },
}
END
"$NNGEN" --isa=portable -o row.c row.lua || fail "row: status $?"
compile_model "$NNGEN_CC" row "$scratch/row" -O1 -w || fail "row: not compiled"
./row init --save init.safetensors

# file NAME: begins a data file; array NAME ROW...: x and y of these rows. Values of x are 1 and some
# units in the last place, so that each tells its row.
file() { name=$1 header="" at=0; : >bytes; }
entry() {
    header="$header${header:+,}\"$1\":{\"dtype\":\"$2\",\"shape\":[$3],\"data_offsets\":[$at,$((at + $4))]}"
    at=$((at + $4))
}
little64() { for shift in 0 8 16 24 32 40 48 56; do byte $(($1 >> shift & 255)); done; }
arrays() {
    x=$1 y=$2
    shift 2
    entry "$x" F32 "$#,1" $(($# * 4))
    for row in "$@"; do byte "$row"; printf '\000\200\077'; done >>bytes
    entry "$y" U8 "$#" $#
    for row in "$@"; do byte $((row % 4)); done >>bytes
}
written() { { little64 $((${#header} + 2)); printf '{%s}' "$header"; cat bytes; } >"$name"; }
all=$(seq 0 44)
file train.safetensors
arrays train/x train/y $all
written
file tested.safetensors
arrays train/x train/y $all
arrays test/x test/y 1 2 3
written

# rows SPLIT OPTION...: the rows of a split, a line each.
rows() {
    split=$1
    shift
    ./row predict --load init.safetensors --split "$split" "$@" 2>err | sed 1d |
        awk -F, '{ printf "%d\n", ($3 - 1) * 8388608 + 0.5 }'
}
cut="--data train.safetensors --val-split 0.1 --test-split 0.3"
for split in train val test; do
    # shellcheck disable=SC2086
    rows $split $cut --split-seed 5 >$split.rows
    sort -n $split.rows | cmp -s - $split.rows || fail "$split: another order"
done
# floor(45 * 0.1 + 0.5) = 5 and floor(45 * 0.3 + 0.5) = 14 of 45.
[ "$(cat val.rows | wc -l) $(cat test.rows | wc -l) $(cat train.rows | wc -l)" = "5 14 26" ] || fail "sizes: $(wc -l ./*.rows)"
seq 0 44 >wanted
sort -n ./*.rows | cmp -s - wanted || fail "rows are lost, or twice there"
# shellcheck disable=SC2086
rows val $cut >other.rows
cmp -s val.rows other.rows && fail "--split-seed changes nothing"

# The same rows as splits of a file give the same training, and so does a checkpoint's.
file cut.safetensors
# shellcheck disable=SC2046
{
    arrays train/x train/y $(cat train.rows)
    arrays val/x val/y $(cat val.rows)
    arrays test/x test/y $(cat test.rows)
}
written
# shellcheck disable=SC2086
./row train $cut --split-seed 5 --quiet --save a.safetensors --log a.csv >a.out || fail "cut: status $?"
./row train --data cut.safetensors --quiet --save b.safetensors --log b.csv >b.out || fail "split: status $?"
cmp a.safetensors b.safetensors || fail "cut splits train otherwise"
cut -d , -f 1-11 a.csv >a.cut
cut -d , -f 1-11 b.csv | cmp -s - a.cut || fail "cut splits: another log"
sed 's/, [0-9.]* s$//' a.out >a.cut
sed 's/, [0-9.]* s$//' b.out | cmp -s - a.cut || fail "cut splits: other figures"
./row train --data train.safetensors --resume a.checkpoint.safetensors --epochs 4 --save c.safetensors --quiet >out 2>err ||
    fail "resumed: $(cat err)"
tail -n +2 out | grep -q . && ./row eval --data cut.safetensors --split val --load c.safetensors --json >c.val
# shellcheck disable=SC2086
./row eval $cut --split-seed 5 --split val --load c.safetensors --json | cmp -s - c.val || fail "eval of a cut split"

# Without val and test: no columns, keys or figures of them.
./row train --data train.safetensors --quiet --log one.csv --save one.safetensors >out 2>err || fail "train alone: $(cat err)"
[ "$(head -n 1 one.csv)" = "round,phase,epoch,step,loss,train_loss,train_accuracy,lr,grad_norm,samples_per_second,seconds" ] ||
    fail "train alone: $(head -n 1 one.csv)"
sed -n 2p out | grep -qx ' *train' || fail "train alone: $(cat out)"
./row train --data train.safetensors --quiet --rounds 2 --json >out || fail "train alone, two rounds"
! grep '"val"\|"test"\|null' out || fail "train alone: keys"
./row train --data tested.safetensors --quiet --rounds 2 >out || fail "train and test"
[ "$(grep -c 'train *test$' out)" -eq 3 ] || fail "train and test: $(cat out)"
./row train --data tested.safetensors --val-split 0 --quiet >out || fail "--val-split 0"
./row train --data train.safetensors --keep best --monitor train_loss --quiet >out || fail "best by train_loss"

# The built-in sets: val is replaced.
mlp=$(program mlp)
"$mlp" train --data synthetic --pairs 40 --val-split 0.25 --epochs 1 --quiet --save m.safetensors >out || fail "mlp"
"$mlp" eval --data synthetic --pairs 40 --val-split 0.25 --split val --load m.safetensors | grep -q '^val, 10 samples' || fail "mlp: val"
"$mlp" eval --data synthetic --pairs 40 --val-split 0.25 --split train --load m.safetensors | grep -q '^train, 30 samples' || fail "mlp: train"

# Other names.
file keras.safetensors
# shellcheck disable=SC2046
{
    arrays x_train y_train $(cat train.rows)
    arrays x_test y_test $(cat test.rows)
    arrays val/images val/classes $(cat val.rows)
}
written
names="--map x=x_train --map y=y_train --map test/x=x_test,test/y=y_test --map val/x=val/images,val/y=val/classes"
# shellcheck disable=SC2086
./row train --data keras.safetensors $names --quiet --save d.safetensors --log d.csv >d.out 2>err || fail "--map: $(cat err)"
cmp a.safetensors d.safetensors || fail "--map: other weights"
sed 's/, [0-9.]* s$//' a.out >a.cut
sed 's/, [0-9.]* s$//' d.out | cmp -s - a.cut || fail "--map: other figures: $(cat d.out)"
# As `nngen data` leaves a file of NumPy's.
file numpy.safetensors
# shellcheck disable=SC2046
{
    arrays train/x_train train/y_train $(cat train.rows)
    arrays train/x_test train/y_test $(cat test.rows)
    arrays val/images val/classes $(cat val.rows)
}
written
./row train --data numpy.safetensors --map train/x=x_train,train/y=y_train,test/x=x_test,test/y=y_test \
    --map val/x=images,val/y=classes --quiet --save d.safetensors >d.out 2>err || fail "--map, NumPy's: $(cat err)"
sed 's/, [0-9.]* s$//' d.out | cmp -s - a.cut || fail "--map, NumPy's: other figures: $(cat d.out)"
file renamed.safetensors
arrays train/image train/class $all
written
./row train --data renamed.safetensors --map x=image,y=class --quiet --save e.safetensors >out || fail "--map of all splits"
cmp one.safetensors e.safetensors || fail "--map of all splits: other weights"
./row train --resume e.checkpoint.safetensors --data renamed.safetensors --epochs 5 --quiet >out 2>err || fail "--map, resumed: $(cat err)"

refused() {
    words=$1
    shift
    status=0
    ./row "$@" >out 2>err || status=$?
    [ "$status" -eq 1 ] && grep -q -- "$words" err && [ "$(wc -l <err)" -eq 1 ] || fail "$*: status $status: $(cat err)"
}
refused 'train.safetensors: has no test split; it has train$' eval --load one.safetensors --data train.safetensors
refused 'tested.safetensors: has no val split; it has train, test$' predict --load one.safetensors --data tested.safetensors --split val
refused 'has no val split, which is judged by val_loss; --val-split 0.1 cuts one off' train --data train.safetensors --keep best
refused 'has no val split, which is judged by val_accuracy' train --data train.safetensors --patience 3 --monitor val_accuracy
refused '--test-split: tested.safetensors has such a split already' train --data tested.safetensors --test-split 0.1
refused '--val-split 0.001 of 45 rows is no row' train --data train.safetensors --val-split 0.001
refused 'leave none of the 45 rows for training' train --data train.safetensors --val-split 0.5 --test-split 0.5
refused 'has no "train/x", which the model wants; it has train/image, train/class; --map x=NAME takes' train --data renamed.safetensors
refused 'has no "nothing", which the model wants; it has train/image' train --data renamed.safetensors --map x=nothing --map train/x=nothing
refused 'reads no field "z"; it reads x, y' train --data renamed.safetensors --map z=image
refused 'train/image=x_train wanted, not "x"' train --data renamed.safetensors --map x
refused 'begun with --val-split 0.1[0-9]*, not 0.2' train --data train.safetensors --resume a.checkpoint.safetensors --val-split 0.2
status=0
"$mlp" train --data synthetic --map left=right --quiet >out 2>err || status=$?
[ "$status" -eq 1 ] && grep -q -- '--map goes with a data file, and synthetic is none' err || fail "--map of a set: $(cat err)"
status=0
./row train --data train.safetensors --val-split 1.5 >out 2>err || status=$?
[ "$status" -eq 2 ] && grep -q -- '--val-split: number from 0 to 1 wanted' err || fail "--val-split 1.5: $(cat err)"
finish
