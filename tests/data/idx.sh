#!/bin/sh
# IDX files: MNIST's form, plain and packed, in a folder and in archives, cut, and broken in many ways.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/common"

small_digits digits
make all.safetensors digits
holds all.safetensors '"train/image":{"dtype":"U8","shape":[200,1,28,28]'
holds all.safetensors '"test/class":{"dtype":"U8","shape":[100]'
holds all.safetensors '"classes.class":"[\"0\",\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"]"'
for split in train:train test:t10k; do
    file=digits/${split#*:}
    tail -c +17 "$file-images-idx3-ubyte" >images
    tail -c +9 "$file-labels-idx1-ubyte" >labels
    array all.safetensors "${split%:*}/image" | cmp - images || fail "${split%:*}/image"
    array all.safetensors "${split%:*}/class" | cmp - labels || fail "${split%:*}/class"
done

# The same bytes of packed files, single files, a folder with more in it, archives.
cp -r digits packed
gzip packed/*
make packed.safetensors packed
make files.safetensors digits/*
mkdir digits/.hidden
echo a word >digits/.hidden/train-images-idx3-ubyte
echo a word >digits/README.txt
make more.safetensors digits
tar cf digits.tar digits
tar czf packed.tgz -C packed .
for other in packed files more; do
    cmp all.safetensors $other.safetensors || fail "$other: other bytes"
done
for archive in digits.tar packed.tgz; do
    make archive.safetensors $archive && cmp all.safetensors archive.safetensors || fail "$archive: other bytes"
done
rm -r digits/.hidden digits/README.txt

# Rows that are cut off: floor(n f + 0.5) of them, others with another seed, all still there.
make cut.safetensors digits --val-split 0.0125 --split-seed 1
holds cut.safetensors '"train/image":{"dtype":"U8","shape":[197,1,28,28]'
holds cut.safetensors '"val/class":{"dtype":"U8","shape":[3]'
make again.safetensors digits --val-split 0.0125 --split-seed 1
cmp cut.safetensors again.safetensors || fail "the same seed cuts other rows"
make other.safetensors digits --val-split 0.0125 --split-seed 2
! cmp -s cut.safetensors other.safetensors || fail "another seed cuts the same rows"
for file in cut:train cut:val all:train; do
    array ${file%:*}.safetensors ${file#*:}/image | od -An -v -t x1 -w784
done >rows
[ "$(sort rows | uniq -c | awk '$1 % 2' | wc -l)" -eq 0 ] || fail "cut rows are not those of the whole"
make none.safetensors digits --val-split 0
cmp all.safetensors none.safetensors || fail "a cut of nothing changes something"
refuses "has such a split already" digits --test-split 0.1
refuses "is no row" digits --val-split 0.001
refuses "leave none" digits --val-split 0.999

# The classes of an earlier file.
mkdir fewer
cp digits/t10k* fewer
array all.safetensors test/class | tr '\005-\011' '\000' >zeros
{ big32 2049; big32 100; cat zeros; } >fewer/t10k-labels-idx1-ubyte
make fewer.safetensors fewer --like all.safetensors
holds fewer.safetensors '\"8\",\"9\"]'
make five.safetensors fewer
holds five.safetensors '\"3\",\"4\"]'
refuses "-labels-idx1-ubyte: label 7 of row 1, 0 to 4 wanted" digits --like five.safetensors

# broken NAME WORDS: the images of a folder are replaced by standard input.
broken() {
    rm -rf broken
    cp -r digits broken
    cat >"broken/$1"
    refuses "$2" broken
}
t=train-images-idx3-ubyte
l=train-labels-idx1-ubyte
head -c 100000 digits/$t >piece
broken $t "$t: the array is cut short" <piece
head -c 10 digits/$t >piece
broken $t "its head is cut short" <piece
{ cat digits/$t; echo; } >piece
broken $t "more data than its head promises" <piece
echo "no array at all" >piece
broken $t "is no IDX file" <piece
{ big32 2051; big32 4294967295; big32 65535; big32 65535; } >piece
broken $t "impossible size" <piece
{ big32 2051; big32 2000000000; big32 1; big32 1; } >piece
broken $t "$t: the array is cut short" <piece
{ big32 2051; big32 199; big32 28; big32 28; tail -c +17 digits/$t | head -c $((199 * 784)); } >piece
broken $t "199 images, but there are 200 labels" <piece
{ big32 2049; big32 199; tail -c +10 digits/$l; } >piece
broken $l "200 images, but there are 199 labels" <piece
head -c 100 digits/$l >piece
broken $l "the array of labels is cut short" <piece
{ big32 2051; big32 200; big32 14; big32 56; tail -c +17 digits/$t; } >piece
broken $t "another shape" <piece
rm -rf broken
cp -r packed broken
head -c 1000 packed/$t.gz >broken/$t.gz
refuses "the compressed data ends too early" broken
printf 'xxxx' | dd of=broken/$t.gz bs=1 seek=500 conv=notrunc 2>/dev/null
refuses "$t.gz: " broken
rm broken/$t.gz
refuses "the file of images is missing" broken
refuses "No such file" nowhere
mkdir empty
refuses "there are no files" empty
finish
