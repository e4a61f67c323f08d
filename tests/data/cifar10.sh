#!/bin/sh
# CIFAR-10's binaries.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/common"

# batch FIRST N: N records of varied classes and pixels.
batch() {
    awk -v first="$1" -v n="$2" 'BEGIN {
        for (i = 0; i < n; i++) {
            printf "%c", (first + i) * 7 % 10
            for (k = 0; k < 3072; k++) printf "%c", (first * 31 + i * 17 + k) % 126 + 1
        }
    }'
}
mkdir -p set/cifar-10-batches-bin
cd set/cifar-10-batches-bin
for i in 1 2 3; do batch $i $((10 + i)) >data_batch_$i.bin; done
batch 9 5 >test_batch.bin
echo airplane >batches.meta.txt
cd ../..

make set.safetensors set
holds set.safetensors '"train/image":{"dtype":"U8","shape":[36,3,32,32]'
holds set.safetensors '"test/class":{"dtype":"U8","shape":[5]'
holds set.safetensors '"classes.class":"[\"airplane\",\"automobile\",\"bird\",\"cat\",\"deer\",\"dog\",\"frog\",\"horse\",\"ship\",\"truck\"]"'
cat set/*/data_batch_*.bin | od -An -v -t x1 -w3073 | tr -d ' ' >records
array set.safetensors train/class | od -An -v -t x1 -w1 | tr -d ' ' >classes
array set.safetensors train/image | od -An -v -t x1 -w3072 | tr -d ' ' >images
paste -d '\0' classes images | cmp - records || fail "other records"

# In an archive in another order the rows are the same.
tar czf set.tar.gz -C set/cifar-10-batches-bin data_batch_3.bin test_batch.bin data_batch_1.bin data_batch_2.bin
make archive.safetensors set.tar.gz
cmp set.safetensors archive.safetensors || fail "an archive: other bytes"

# A program reads the binaries themselves; a tenth of the rows is its validation, as of the data file.
cat >binary.lua <<END
local nn = require "nn"
local image, class = nn.input("image", {3, 32, 32}, { scale = 1 / 255, mean = "train", std = "train" }), nn.label("class", 10)
local a = nn.linear { name = "a", out = 10 }(nn.flatten(image))
return nn.model { data = "cifar10", train = { epochs = 2, batch = 8, optimizer = nn.sgd { lr = 0.01 }, loss = nn.cross_entropy(a, class) },
  predict = { class = nn.argmax(a) } }
END
generated=$scratch
"$NNGEN" --isa=portable -o binary.c binary.lua && compile_model "$NNGEN_CC" binary binary -O1 -w || fail binary
./binary train --quiet --json --data set/cifar-10-batches-bin --save a.safetensors >a.json || fail "the folder"
./binary train --quiet --json --data set.safetensors --val-split 0.1 --save b.safetensors >b.json || fail "the file"
cmp a.safetensors b.safetensors || fail "weights of the folder and of the file"
holds a.safetensors '"classes.class":"[\"airplane\",\"automobile\"'
./binary eval --data set/cifar-10-batches-bin --load a.safetensors --split val | grep -q '^val, 4 samples' || fail "val"
mkdir -p here/data && ln -s ../../set/cifar-10-batches-bin here/data/cifar10
(cd here && NNGEN_DATA= ../binary eval --load ../a.safetensors) | grep -q '^test, 5 samples of data/cifar10' || fail "data/cifar10"
rejects() {
    words=$1 status=0
    shift
    NNGEN_DATA='' ./binary eval --load a.safetensors "$@" >said 2>&1 || status=$?
    [ "$status" -eq 1 ] && grep -qF -- "$words" said || fail "$*: status $status: $(cat said)"
}
rejects "there is no CIFAR-10: --data wants the folder of its binary files"
mkdir empty
rejects "empty: has no data_batch_1.bin" --data empty
(cd here && NNGEN_DATA=../empty ../binary eval --load ../a.safetensors) | grep -q 'of data/cifar10' || fail "another set in NNGEN_DATA"
rejects "--map goes with a data file" --data set/cifar-10-batches-bin --map image=x
cp -r set/cifar-10-batches-bin bad
head -c 4000 set/*/test_batch.bin >bad/test_batch.bin
rejects "bad/test_batch.bin: 4000 bytes are no rows of 3073" --data bad
awk 'BEGIN { printf "%c", 11; for (k = 0; k < 3072; k++) printf "x" }' >bad/test_batch.bin
rejects "bad/test_batch.bin: row 0: class 11, 0 to 9 wanted" --data bad

cp set/*/test_batch.bin good.bin
head -c 4000 good.bin >data_batch_1.bin
refuses "data_batch_1.bin: 4000 bytes, records of 3073 wanted" data_batch_1.bin
: >data_batch_1.bin
refuses "0 bytes" data_batch_1.bin
{ printf '\012'; tail -c +2 good.bin; } >data_batch_1.bin
refuses "class 10, 0 to 9 wanted" data_batch_1.bin
{ cat good.bin; printf '\377'; tail -c +2 good.bin; } >data_batch_1.bin
refuses "record 5: class 255" data_batch_1.bin
finish
