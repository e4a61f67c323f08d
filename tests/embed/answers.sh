#!/bin/sh
# Pictures as raw bytes, MNIST's 10,000 test digits and photographs of CIFAR-10: a C program and a Python script give the
# bits of `eval`, ONNX Runtime its answers. NNGEN_ALL=1: all 10,000 photographs, of $NNGEN_GALLERY/cifar10.safetensors
# if that is there.
. "$(dirname "$0")/../lib.sh"
[ -z "${NNGEN_SANITIZED:-}" ] || skip "Python is not sanitized"
/usr/bin/python3 -c 'import numpy' 2>/dev/null || skip "NumPy is missing"
[ -e "$NNGEN_BUILD/python/nngen/_nngen.so" ] || skip "the Python package is not built"
digits=${NNGEN_DATA:-} photographs=${NNGEN_SETS:-}/cifar10/cifar10-jpeg.tar.gz
[ -e "$digits/t10k-images-idx3-ubyte.gz" ] || [ -e "$photographs" ] || skip "neither MNIST nor CIFAR-10 is there"
here=$NNGEN_SOURCE/tests/embed
CC=$NNGEN_CC
export CC NNGEN

# compare BYTES COUNT TRAINING DATA-OPTION...: the network net.lua of this folder, for the pictures of images.bin.
compare() {
    bytes=$1 count=$2 training=$3
    shift 3
    "$NNGEN" build net.lua && "$NNGEN" build --shared net.lua && "$NNGEN" -o net.c net.lua || { fail "not built"; return 0; }
    # shellcheck disable=SC2086
    ./net train --quiet --save weights.safetensors $training "$@" >said 2>&1 &&
        ./net eval --load weights.safetensors --json --predictions answers.csv "$@" >eval.json || fail "train: $(cat said)"
    ./net export --load weights.safetensors --onnx net.onnx 2>said || grep -q "built without protobuf-c" said || fail "$(cat said)"
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        { printf "%s", $at["answer"]; for (k = 0; k < 10; k++) printf ",%s", $at["p_" k]; print "" }' answers.csv >wanted.txt
    [ "$(wc -l <wanted.txt)" = "$count" ] || fail "$(wc -l <wanted.txt) answers"
    PYTHONPATH=$NNGEN_BUILD/python /usr/bin/python3 "$here/answers.py" || fail "Python: status $?"
    cmp wanted.txt python.txt || fail "Python answers otherwise"
    "$NNGEN_CC" -std=c11 -O2 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -DBYTES="$bytes" -I. \
        -I"$NNGEN_SOURCE/runtime" "$here/ask.c" net.c "$NNGEN_NN" -lm -o ask && ./ask weights.safetensors <images.bin >c.txt ||
        fail "C: status $?"
    cmp wanted.txt c.txt || fail "C answers otherwise"
    sed 's/.*"accuracy":\([0-9.]*\).*/accuracy \1/' eval.json
}

# net FILE: with the predictions that ask.c wants.
net() {
    sed 's/predict *= *{.*/predict = { answer = nn.argmax(logits), p = nn.softmax(logits) },/; s/name *= *"digit", data/name = "net", data/' \
        "$1" >net.lua
}

if [ -e "$digits/t10k-images-idx3-ubyte.gz" ]; then
    mkdir "$scratch/digits" && cd "$scratch/digits"
    net "$here/digit.lua"
    gzip -dc "$digits/t10k-images-idx3-ubyte.gz" | tail -c +17 >images.bin
    compare 784 10000 "--epochs 1"
fi
if [ -e "$photographs" ]; then
    mkdir "$scratch/photographs" && cd "$scratch/photographs"
    count=500
    [ -z "${NNGEN_ALL:-}" ] || count=10000
    file=${NNGEN_GALLERY:-.}/cifar10.safetensors
    [ -e "$file" ] || "$NNGEN" data "$photographs" -o "$file" >said 2>&1 || fail "data: $(cat said)"
    /usr/bin/python3 "$here/answers.py" cut "$file" 1024 "$count" || fail "cut: status $?"
    net "$NNGEN_SOURCE/arch/gallery/resnet20.lua"
    compare 3072 "$count" "--epochs 3 --batch 32 --no-train-eval" --data cut.safetensors
fi
finish
