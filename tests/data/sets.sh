#!/bin/sh
# Real sets, of the folder $NNGEN_SETS.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/common"
[ -n "${NNGEN_SETS:-}" ] || skip "NNGEN_SETS names no folder of real sets"

images=$NNGEN_SETS/cifar10/cifar10-jpeg.tar.gz
if [ -e "$images" ]; then
    "$NNGEN" data "$images" -o cifar10.safetensors >report 2>said || fail "cifar10: status $?: $(cat said)"
    holds cifar10.safetensors '"train/image":{"dtype":"U8","shape":[50000,3,32,32]'
    holds cifar10.safetensors '"test/class":{"dtype":"U8","shape":[10000]'
    grep -qx 'local image = nn.input("image", {3, 32, 32}, { scale = 1 / 255, mean = "train", std = "train" })' report ||
        fail "cifar10: $(cat report)"
    grep -q '^local class = nn.label("class", 10, { names = { "airplane", "automobile", "bird", "cat",' report ||
        fail "cifar10: $(cat report)"
    grep -qE '^  frog +5000 +1000$' report || fail "cifar10: $(cat report)"
else
    echo "skipped: there is no $images"
fi

table=$NNGEN_SETS/tabular/diamonds.csv
if [ -e "$table" ]; then
    "$NNGEN" data "$table" --target price --categorical cut,color,clarity --val-split 0.1 -o diamonds.safetensors \
        >report 2>said || fail "diamonds: status $?: $(cat said)"
    holds diamonds.safetensors '"train/features":{"dtype":"F32","shape":[48546,6]'
    holds diamonds.safetensors '"val/price":{"dtype":"F32","shape":[5394,1]'
    holds diamonds.safetensors '"columns.features":"[\"carat\",\"depth\",\"table\",\"x\",\"y\",\"z\"]"'
    grep -qx 'local cut = nn.label("cut", 5, { names = { "Fair", "Good", "Ideal", "Premium", "Very Good" } })' report ||
        fail "diamonds: $(cat report)"
    grep -qx 'local price = nn.target("price", {1})' report || fail "diamonds: $(cat report)"
else
    echo "skipped: there is no $table"
fi

text=$NNGEN_SETS/shakespeare/input.txt
if [ -e "$text" ]; then
    "$NNGEN" data "$text" -o shakespeare.safetensors >report 2>said || fail "shakespeare: status $?: $(cat said)"
    holds shakespeare.safetensors '"train/text":{"dtype":"U8","shape":[1003855]'
    holds shakespeare.safetensors '"val/text":{"dtype":"U8","shape":[111539]'
    grep -qxF 'local x = nn.label("x", 65, {64}, { windows = 1, array = "text" })' report ||
        fail "shakespeare: $(cat report)"
else
    echo "skipped: there is no $text"
fi
finish
