#!/bin/sh
# New data without labels: --like makes their columns and classes those of the training, and a program
# predicts them, with the names of the classes.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/common"
need_python PIL numpy
export PYTHONDONTWRITEBYTECODE=1

# model NAME INPUT LABEL SHAPE CLASSES: a program of that name, and weights.
model() {
    cat >"$1.lua" <<END
local nn = require "nn"
local x, class = nn.input("$2", $4), nn.label("$3", $5)
local a = nn.linear { name = "a", out = $5 }(nn.flatten(x / 100))
return nn.model {
  train   = { epochs = 2, batch = 5, optimizer = nn.sgd {}, loss = nn.cross_entropy(a, class) },
  predict = { choice = nn.argmax(a) },
  metrics = { accuracy = nn.equal(nn.argmax(a), class) },
}
END
    generated=$scratch
    "$NNGEN" --isa=portable -o "$1.c" "$1.lua" && compile_model "$NNGEN_CC" "$1" "$1" -O1 -w || fail "$1"
    "./$1" init --seed 4 --save "$1.safetensors"
}

# predicted PROGRAM DATA OPTIONS...: leaves lines in $scratch/lines.
predicted() {
    program=$1 data=$2
    shift 2
    "./$program" predict --load "$program.safetensors" --data "$data" "$@" >lines 2>said || fail "predict $data $*: $(cat said)"
}

# named NAMES...: each line has the name of its class, those that are given in order.
named() {
    awk -F '"' -v names="$*" '
        { split($0, part, /"choice":/); class = part[2] + 0
          split($0, part, /"choice_name":"/); name = part[2]; sub(/".*/, "", name); split(names, of, "/") }
        name != of[class + 1] { exit 1 } END { if (!NR) exit 1 }' lines || fail "names: $(head -n 3 lines)"
}

# A table: columns in another order, one that the training had not, none of the label.
"$python" - <<'EOF'
import random
random.seed(1)
cell = lambda: "%.2f" % random.uniform(-100, 100)
with open("train.csv", "w") as f:
    f.write("w,h,d,kind\n")
    for i in range(60): f.write(",".join([cell(), cell(), cell(), ['"b, c"', "a", "z"][i % 3]]) + "\n")
with open("new.csv", "w") as f, open("same.csv", "w") as g:
    f.write("more,d,w,h\n")
    g.write("w,h,d,kind\n")
    for i in range(20):
        w, h, d = cell(), cell(), cell()
        f.write(",".join([cell(), d, w, h]) + "\n")
        g.write(",".join([w, h, d, "a"]) + "\n")
EOF
make train.safetensors train.csv --label kind --test-split 0.2
make new.safetensors new.csv --like train.safetensors
holds new.safetensors '"train/features":{"dtype":"F32","shape":[20,3]'
holds new.safetensors 'classes.kind'
header new.safetensors | grep -q '"train/kind"' && fail "a label that the table has not"
model table features kind '{3}' 3
predicted table new.safetensors --json
[ "$(wc -l <lines)" -eq 20 ] || fail "$(wc -l <lines) lines"
grep -q 'accuracy\|kind' lines && fail "what the data have not: $(head -n 1 lines)"
named 'a/b, c/z'
cut -d , -f 2- lines >unlabelled
make same.safetensors same.csv --label kind --like train.safetensors
predicted table same.safetensors --json --split train
sed 's/"kind":[0-9],//; s/,"accuracy":[01.]*//' lines | cut -d , -f 2- | cmp -s - unlabelled || fail "other predictions: $(head -n 2 lines)"
predicted table new.safetensors
[ "$(head -n 1 lines)" = "index,choice,choice_name" ] || fail "$(head -n 1 lines)"
grep -q '^[0-9]*,1,"b, c"$' lines || fail "no quoted name: $(cat lines)"

# Their only split, whatever its name; of labelled data, and for eval, the split that was asked for.
for split in val test; do
    mkdir $split
    cp new.csv $split/$split.csv
    make $split.safetensors $split --like train.safetensors
    predicted table $split.safetensors --json
    cut -d , -f 2- lines | cmp -s - unlabelled || fail "only $split: other predictions"
done
refused() {
    words=$1
    shift
    status=0
    ./table "$@" >out 2>said || status=$?
    [ "$status" -eq 1 ] && grep -qF -- "$words" said || fail "$*: status $status: $(cat said)"
}
refused 'has no test split; it has train' predict --load table.safetensors --data same.safetensors
refused 'has no test split; it has train' predict --load table.safetensors --data new.safetensors --split test
refused 'has no test split; it has train' eval --load table.safetensors --data new.safetensors
refused 'has no "train/kind", which the model wants' eval --load table.safetensors --data new.safetensors --split train

# Images in no folders.
"$python" "$NNGEN_SOURCE/tests/data/check_images.py" make set
make set.safetensors set
mkdir new
cp set/test/10/*.* new
refuses 'lies in no folder with the name of its class; new data without classes takes --like' new
make new.safetensors new --like set.safetensors
holds new.safetensors '"train/image":{"dtype":"U8","shape":[3,3,12,20]'
header new.safetensors | grep -q '"train/class"' && fail "a label that the images have not"
tar -C new -cf new.tar .
make archive.safetensors new.tar --like set.safetensors
cmp new.safetensors archive.safetensors || fail "an archive: other bytes"
mkdir -p splits/test
cp set/test/10/*.* splits/test
make splits.safetensors splits --like set.safetensors
holds splits.safetensors '"test/image":{"dtype":"U8","shape":[3,3,12,20]'
mkdir -p mixed/bee
cp set/test/bee/*.* mixed/bee
cp set/test/10/0.* mixed
refuses 'mixed/0.' mixed --like set.safetensors
model photo image class '{3, 12, 20}' 4
predicted photo set.safetensors --json
named '2/10/ant/bee'
grep '"class":1' lines | sed 's/.*"choice":\([0-9]\).*/\1/' >labelled
predicted photo new.safetensors --json
named '2/10/ant/bee'
sed 's/.*"choice":\([0-9]\).*/\1/' lines | cmp -s - labelled || fail "other predictions: $(cat lines)"
finish
