#!/bin/sh
# Text: characters and bytes, the vocabulary, cuts off the end.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/common"

printf 'hello wörld\nhello aga\360\237\230\200n\n' >a.txt
make a.safetensors a.txt --val-split 0
holds a.safetensors '"train/text":{"dtype":"U8","shape":[24]'
holds a.safetensors '"vocabulary.text":"[\"\\n\",\" \",\"a\",\"d\",\"e\",\"g\",\"h\",\"l\",\"n\",\"o\",\"r\",\"w\",\"ö\",\"😀\"]"'
numbers() { array "$1" "$2" | od -An -v -t "$3" -w98 | tr -s ' '; }
[ "$(numbers a.safetensors train/text u1)" = " 6 4 7 7 9 1 11 12 10 7 3 0 6 4 7 7 9 1 2 5 2 13 8 0" ] ||
    fail "other numbers: $(numbers a.safetensors train/text u1)"

# A tenth is cut off the end if nothing is said; the rest of a file is never drawn.
seq 1 2000 >long.txt
make long.safetensors long.txt
make zero.safetensors long.txt --val-split 0
size=$(wc -c <long.txt)
val=$(((size + 5) / 10))
array zero.safetensors train/text | tail -c $val >end
array long.safetensors val/text | cmp - end || fail "the validation split is not the end"
array long.safetensors train/text | cat - end >both
array zero.safetensors train/text | cmp - both || fail "the training split is not the beginning"
make three.safetensors long.txt --val-split 0.2 --test-split 0.3 --split-seed 9
for split in train val test; do array three.safetensors $split/text; done >both
array zero.safetensors train/text | cmp - both || fail "three splits are not the whole in its order"
refuses "is no row" a.txt --val-split 0.01

# Files of splits: no cut; several files are one text.
mkdir set
cp long.txt set/train.txt
cp a.txt set/val.txt
refuses 'set/val.txt: line 1: the character' set --like long.safetensors
seq 3 40 >set/val.txt
make set.safetensors set
cp zero.safetensors expected
array set.safetensors train/text >have
array zero.safetensors train/text | cmp - have || fail "a text with a validation file is cut"
refuses "has such a split already" set --val-split 0.1
head -c 3001 long.txt >one.txt
tail -c +3002 long.txt >two.txt
make parts.safetensors one.txt two.txt
cmp parts.safetensors long.safetensors || fail "two files: other bytes"
tar czf set.tgz set
make archive.safetensors set.tgz
cmp set.safetensors archive.safetensors || fail "an archive: other bytes"

# The earlier vocabulary.
echo 987654 >new.txt
make new.safetensors new.txt --like long.safetensors --val-split 0
[ "$(numbers new.safetensors train/text u1)" = " 10 9 8 7 6 5 0" ] || fail "$(numbers new.safetensors train/text u1)"
printf '1\n2\nx\n' >new.txt
refuses 'new.txt: line 3: the character U+0078 is not in long.safetensors' new.txt --like long.safetensors

# Bytes; more than 256 characters; what is no UTF-8.
make bytes.safetensors a.txt --as bytes --val-split 0
array bytes.safetensors train/text | cmp - a.txt || fail "other bytes"
! header bytes.safetensors | grep -q vocabulary || fail "bytes have a vocabulary"
awk 'BEGIN { for (i = 0; i < 300; i++) printf "%c%c", 196 + i / 64, 128 + i % 64 }' >wide.txt
make wide.safetensors wide.txt --val-split 0
holds wide.safetensors '"train/text":{"dtype":"U16","shape":[300]'
[ "$(numbers wide.safetensors train/text u2 | tr -s ' ' '\n' | tail -n +2)" = "$(seq 0 299)" ] || fail "wide numbers"
for bytes in 'ok\nno \377' 'ok\n\300\200' 'ok\n\301\201' 'ok\n\355\240\200' 'ok\n\364\220\200\200' 'ok\n\303' 'ok\n\303x' 'ok\n\200'; do
    printf "$bytes" >bad.txt
    refuses "bad.txt: line 2: " bad.txt
    grep -q -- "--as bytes" said || fail "no way out: $(cat said)"
done
printf 'ok\nno \0' >bad.txt
refuses "bad.txt: line 2: a byte 0" bad.txt
: >empty.txt
head -c 280000000 /dev/zero | tr '\0' a | gzip -9 >bomb.txt.gz
refuses "bomb.txt.gz: unpacks to more than 200 times its size" bomb.txt.gz
refuses "empty.txt: there is no text in it" empty.txt
printf aaaaaaaaaaaaaaaa >same.txt
"$NNGEN" data same.txt -o same.safetensors >report 2>said || fail "same.txt: status $?"
grep -q "warning: text is constant" said || fail "one character: $(cat said)"
grep -q ": 1 class$" report || fail "one class: $(cat report)"

"$NNGEN" data long.txt -o long.safetensors >report || fail "report: status $?"
grep -qxF 'local x = nn.label("x", 11, {64}, { windows = 1, array = "text" })' report || fail "$(cat report)"
grep -qxF 'local y = nn.label("y", 11, {64}, { windows = 1, array = "text", offset = 1 })' report || fail "$(cat report)"
finish
