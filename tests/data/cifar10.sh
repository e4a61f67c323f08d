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
