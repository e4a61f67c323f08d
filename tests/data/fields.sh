#!/bin/sh
# Fields of all types, normalised by the generated code, and windows of sequences: the same bits as of
# data that NumPy has normalised and cut, in programs and in a program that embeds the net.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/common"
need_python numpy
here=$NNGEN_SOURCE/tests/data
generated=$scratch
export PYTHONDONTWRITEBYTECODE=1
py() { "$python" "$here/fields.py" "$@" || fail "fields.py $*"; }

# net NAME FIELDS VALUES: a program that reads some fields; VALUES is what the layer reads of them.
net() {
    cat >"$1.lua" <<END
local nn = require "nn"
$2
local class = nn.label("class", 3, { names = { "a", "b\"%", "c" } })
local a = nn.linear { name = "a", out = 3 }($3)
return nn.model {
  train   = { epochs = 2, batch = 7, optimizer = nn.sgd { lr = 0.01 }, loss = nn.cross_entropy(a, class) },
  predict = { logits = a, choice = nn.argmax(a) },
  metrics = { accuracy = nn.equal(nn.argmax(a), class) },
}
END
    "$NNGEN" -o "$1.c" "$1.lua" && compile_model "$NNGEN_CC" "$1" "$1" -O1 -w || fail "$1"
}

# same A B DATA_A DATA_B: training and evaluation give the same bits.
same() {
    "./$1" train --quiet --data "$3" --threads 2 --save a.safetensors >a.out 2>&1 || fail "$1 trains"
    "./$2" train --quiet --data "$4" --save b.safetensors >b.out 2>&1 || fail "$2 trains"
    tensors a.safetensors >a.bits
    tensors b.safetensors | cmp a.bits - || fail "weights of $1 and $2"
    for isa in $(./"$1" info --json | json_list isa); do
        "./$1" predict --isa "$isa" --data "$3" --load a.safetensors >a.csv || fail "$1 predicts"
        "./$2" predict --isa "$isa" --data "$4" --load b.safetensors | cmp a.csv - || fail "predictions of $1 and $2, $isa"
    done
}

py make
for type in U8 I8 U16 I16 I32 I64 F16 BF16 F32 F64; do
    fields="local x, y = nn.input(\"x\", {3, 4, 5}, { scale = 1 / 255, mean = \"train\", std = \"train\" }), nn.input(\"y\", {6}, { array = \"z\", mean = {1, 2, 3, 4, 5, 6}, std = 2 })"
    [ -x raw ] || net raw "$fields" "nn.concat { nn.flatten(x), y }"
    [ -x plain ] || net plain 'local x, y = nn.input("x", {3, 4, 5}), nn.input("y", {6})' "nn.concat { nn.flatten(x), y }"
    same raw plain "raw-$type.safetensors" "plain-$type.safetensors"
    py meta a.safetensors "raw-$type.safetensors"
done
./raw check >said || fail "check: $(cat said)"

# What is kept shows; without it the training split is measured again; without that it is an error.
./raw info --load a.safetensors >said || fail "info"
grep -q '^elements of y: x times 1, less mean 1, 2, 3, 4 and 2 more, by deviation 2, 2, 2, 2 and 2 more$' said || fail "info: $(cat said)"
grep -q '^elements of x: x times 0.00392157, less mean -\{0,1\}0[.]' said || fail "info: $(cat said)"
./raw info | grep -q 'mean of the training split' || fail "info without a file"
./raw info --json --load a.safetensors | py json a.safetensors
py strip a.safetensors bare.safetensors
./raw predict --data raw-F64.safetensors --load bare.safetensors | cmp a.csv - || fail "measured again"
py only raw-F64.safetensors test.safetensors
./raw predict --data test.safetensors --load a.safetensors | cmp a.csv - || fail "the numbers of the file of weights"
status=0
./raw predict --data test.safetensors --load bare.safetensors >said 2>&1 || status=$?
[ "$status" -eq 1 ] && grep -q 'the mean and the deviation of x are not known: .*input.x.mean' said || fail "not known: $status $(cat said)"
py spoil a.safetensors bad.safetensors
status=0
./raw predict --data test.safetensors --load bad.safetensors >said 2>&1 || status=$?
[ "$status" -eq 1 ] && grep -q 'bad.safetensors: metadata input.x.std is to be a list of 3 numbers above 0' said || fail "bad: $status $(cat said)"
# A training that begins with such a file does not begin.
for partial in '' --load-partial; do
    status=0
    # shellcheck disable=SC2086
    ./raw train --quiet --data raw-F64.safetensors --load bad.safetensors $partial --save not.safetensors >said 2>&1 || status=$?
    [ "$status" -eq 1 ] && grep -q 'bad.safetensors: metadata input.x.std is to be a list of 3 numbers above 0' said &&
        [ ! -e not.safetensors ] || fail "train --load $partial of a bad file: $status $(cat said)"
done
py channels a.safetensors one.safetensors
status=0
./raw train --quiet --data raw-F64.safetensors --load one.safetensors --save not.safetensors >said 2>&1 || status=$?
[ "$status" -eq 1 ] && grep -q 'one.safetensors: metadata input.x.mean is to be a list of 3 numbers' said || fail "--load of one channel: $(cat said)"
./raw train --quiet --data raw-F64.safetensors --load one.safetensors --load-partial --save part.safetensors >said 2>&1 ||
    fail "--load-partial of one channel: $(cat said)"
grep -q 'one.safetensors: skipped, metadata input.x.mean: 1 numbers, 3 wanted' said || fail "skipped: $(cat said)"
./raw train --quiet --data raw-F64.safetensors --load bare.safetensors --save again.safetensors >said 2>&1 || fail "--load of bare weights: $(cat said)"
cmp part.safetensors again.safetensors || fail "numbers that are skipped are measured"
# Elements whose deviation is 0 in double are divided by 1.
net tiny 'local x, y = nn.input("x", {3, 4, 5}, { scale = 1e-30, std = "train" }), nn.input("y", {6}, { array = "z", scale = 0, std = "train" })' "nn.concat { nn.flatten(x), y }"
./tiny train --quiet --data raw-F64.safetensors --save tiny.safetensors >said 2>&1 || fail "tiny: $(cat said)"
header tiny.safetensors | grep -qF '"input.y.std":"[1.0,1.0,1.0,1.0,1.0,1.0]"' || fail "deviations of nothing: $(header tiny.safetensors | head -c 400)"
sed 's/"dtype": "I32"/"dtype": "U32"/g' raw-I32.safetensors >other.safetensors
status=0
./raw train --data other.safetensors >said 2>&1 || status=$?
[ "$status" -eq 1 ] && grep -q 'tensor "train/x": type U32; U8, I8, U16, I16, I32, I64, F16, BF16, F32 or F64 is wanted' said || fail "U32: $(cat said)"
# Elements that lie at no multiple of their size are copied; there must be memory for that.
py odd raw-F32.safetensors odd.safetensors
./raw predict --data odd.safetensors --load a.safetensors >odd.csv || fail "odd places"
if [ -z "${NNGEN_SANITIZED:-}" ]; then
    py vast vast.safetensors
    status=0
    (ulimit -v 600000 && ./raw train --threads 1 --data vast.safetensors >said 2>&1) || status=$?
    [ "$status" -eq 1 ] && grep -q 'tensor "train/x": no memory for a copy of .*: write arrays of larger elements first' said ||
        fail "no memory: $status $(cat said)"
    rm vast.safetensors
fi
# Names of classes, too, those of the architecture.
./raw predict --json --data test.safetensors --load a.safetensors | grep -q '"choice_name":"\(a\|b\\"%\|c\)"' || fail "names"
header a.safetensors | grep -qF '"classes.class":"[\"a\",\"b\\\"%\",\"c\"]"' || fail "names are not kept: $(header a.safetensors | head -c 400)"

# A program that embeds the net gets raw bytes, and gives the bits of predict.
./raw train --quiet --data raw-U8.safetensors --save a.safetensors >said
./raw predict --data raw-U8.safetensors --load a.safetensors >a.csv
py weights a.safetensors raw-U8.safetensors embedded.bin
"$NNGEN_CC" -std=c11 -O1 -Wall -Wextra "-I$NNGEN_SOURCE/runtime" -o embed "$here/fields.c" raw.c || fail "the embedding program does not compile"
./embed embedded.bin | py lines a.csv

# MNIST's images are bytes: those of the files, of a data file, of a call.
cat >digits.lua <<END
local nn = require "nn"
local image, digit = nn.input("image", {1, 28, 28}), nn.label("digit", 10)
local a = nn.linear { name = "a", out = 10 }(nn.flatten(image))
return nn.model { data = "mnist", train = { epochs = 1, batch = 50, optimizer = nn.sgd {}, loss = nn.cross_entropy(a, digit) },
  predict = { a = a } }
END
"$NNGEN" -o digits.c digits.lua && compile_model "$NNGEN_CC" digits digits -O1 -w || fail digits
./digits train --quiet --no-train-eval --data synthetic --save d.safetensors >said || fail "digits: $(cat said)"
./digits info --load d.safetensors | grep -q '^bytes of image: x times 0.00392157, less mean 0[.]' || fail "bytes of image"
sed 's/{1, 28, 28})/{1, 28, 28}, { array = "picture" })/' digits.lua >picture.lua
"$NNGEN" --emit=graph digits.lua | grep '^normal' >plain.txt
"$NNGEN" --emit=graph picture.lua | grep '^normal' | cmp plain.txt - || fail "bytes of another array are normalised"

# Windows: samples that overlap in training, and do not in evaluation.
cat >long.lua <<END
local nn = require "nn"
local x = nn.input("x", {8}, { windows = 3, array = "series", mean = "train" })
local w = nn.input("w", {2, 3}, { windows = 3, array = "wide" })
local y = nn.target("y", {1}, { windows = 3, array = "series", offset = 8 })
local a = nn.linear { name = "a", out = 1 }(nn.concat { x, nn.flatten(w) })
return nn.model { train = { epochs = 2, batch = 5, optimizer = nn.sgd { lr = 0.01 }, loss = nn.mse(a, y) }, predict = { a = a } }
END
sed 's/{ windows = 3, array = "series", mean = "train" }/{ mean = "train" }/; s/, { windows[^}]*}//' long.lua >short.lua
for name in long short; do
    "$NNGEN" -o $name.c $name.lua && compile_model "$NNGEN_CC" $name $name -O1 -w || fail $name
done
py windows
same long short long.safetensors short.safetensors
./long train --quiet --data cut.safetensors --val-split 0.2 --test-split 0.25 --save a.safetensors >a.out || fail "cut: $(cat a.out)"
./short train --quiet --data pieces.safetensors --save b.safetensors >b.out || fail "pieces"
tensors a.safetensors >a.bits
tensors b.safetensors | cmp a.bits - || fail "weights of sequences that are cut"
for split in val test; do
    ./long eval --data cut.safetensors --val-split 0.2 --test-split 0.25 --split $split --load a.safetensors --json >a.out || fail "eval $split"
    ./short eval --data pieces.safetensors --split $split --load b.safetensors --json | cmp a.out - || fail "eval of $split"
done
status=0
./long train --data few.safetensors >said 2>&1 || status=$?
[ "$status" -eq 1 ] && grep -q 'tensor "train/series": 8 places of train hold no window of 1, 8 places on' said || fail "few: $(cat said)"
finish
