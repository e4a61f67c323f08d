#!/bin/sh
# Folders of images, and archives of them, against PIL; broken images, folders and archives.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/common"
need_python PIL numpy
export PYTHONDONTWRITEBYTECODE=1
tests=$NNGEN_SOURCE/tests/data
"$python" "$tests/check_images.py" make set

# check CASE SOURCE OPTIONS...
check() {
    case=$1
    shift
    make "$case.safetensors" "$@" && "$python" "$tests/check_images.py" check "$case" "$case.safetensors" set ||
        fail "$case: other images than PIL's"
}
check plain set
check gray set --gray
check small set --resize 7x5
check large set --resize 33x40

# The same bytes from archives, whatever their order, with a folder more or less around them.
tar cf set.tar set
(cd set && tar czf ../flat.tar.gz train/bee test train/2 ./train/ant train/10)
tar --format=pax -cJf set.tar.xz ./set
"$python" - <<'EOF'
import os, zipfile
with zipfile.ZipFile("set.zip", "w", zipfile.ZIP_DEFLATED) as z:
    for at, _, names in os.walk("set"):
        for name in names:
            z.write(os.path.join(at, name))
EOF
for archive in set.tar flat.tar.gz set.tar.xz set.zip; do
    make archive.safetensors $archive && cmp plain.safetensors archive.safetensors || fail "$archive: other bytes"
done

# Splits that are sources of their own.
make own.safetensors set/train set/test/ && cmp plain.safetensors own.safetensors || fail "two folders: other bytes"
mkdir -p latin
cp -r set/train "latin/train"
mv latin/train/bee "latin/train/$(printf 'b\351e')" && refuses 'the name of its class is no UTF-8' latin

# Names that are no ASCII, hidden files and words beside the images change nothing.
mkdir -p names/train
for class in 2 10 ant bee; do cp -r set/train/$class "names/train/$class"; done
mv names/train/ant "names/train/änt"
tar --format=pax -cf names.tar names
make folder.safetensors names
make archive.safetensors names.tar
cmp folder.safetensors archive.safetensors || fail "names that are no ASCII: other bytes"
holds folder.safetensors 'änt'
make before.safetensors names
cp names/train/2/0.* names/.hidden.jpg
echo words >names/train/README.txt
"$NNGEN" data names -o after.safetensors >report || fail "names: status $?"
grep -qx '  left out: names/train/README.txt, as it is none of the images' report || fail "$(cat report)"
cmp before.safetensors after.safetensors || fail "what is no image changes something"

# Classes without splits; of an earlier file.
make classes.safetensors set/train --val-split 0.25 --split-seed 7
holds classes.safetensors '"val/image":{"dtype":"U8","shape":[11,3,12,20]'
cp -r set other
rm -r other/train other/test/2
make like.safetensors other --like plain.safetensors
holds like.safetensors '\"2\",\"10\",\"ant\",\"bee\"'
[ "$(array like.safetensors test/class | od -An -t u1 | tr -s ' ')" = " 1 1 1 2 2 2 3 3 3" ] || fail "--like: other classes"
mkdir -p gray/test/ant
"$python" -c 'from PIL import Image; Image.new("L", (20, 12)).save("gray/test/ant/0.png")'
make gray.safetensors gray --like plain.safetensors
holds gray.safetensors '"test/image":{"dtype":"U8","shape":[1,3,12,20]'
refuses "gray/test/ant/0.png: is 8 x 8, the images in plain.safetensors are 20 x 12; --resize 20x12" gray \
    --like plain.safetensors --resize 8x8
make one.safetensors set --gray
refuses "images have 3 channels, those in one.safetensors have 1; --gray" set --like one.safetensors
refuses "those in plain.safetensors have 3; leave --gray out" set --gray --like plain.safetensors
seq 1 20 >words.txt
make words.safetensors words.txt
mkdir -p unnamed
cp set/train/2/*.png unnamed
refuses "--like words.safetensors: has no images" unnamed --like words.safetensors
mv other/test/bee other/test/wasp
refuses 'class "wasp" is none of those in plain.safetensors' other --like plain.safetensors
cp -r set unknown
mv unknown/test/bee unknown/test/wasp
refuses 'unknown/test/wasp/0.png: class "wasp" is in test, but not in train' unknown

# A label that is constant is a warning.
mkdir -p one/cat
cp set/train/2/1.png one/cat
"$NNGEN" data one -o one.safetensors >said 2>&1 || fail "one class: status $?"
grep -q "label class is constant" said || fail "one class: $(cat said)"

# Folders that are laid out otherwise.
mkdir -p mixed
cp -r set/train set/test mixed
cp -r set/train/bee mixed/bee
refuses "lies beside a folder train" mixed
mkdir -p loose
cp set/train/2/*.png loose
refuses "lies in no folder with the name of its class" loose
cp -r set sizes
"$python" -c 'from PIL import Image; Image.new("RGB", (20, 13)).save("sizes/train/bee/z.png")'
refuses "sizes/train/bee/z.png: is 20 x 13, but sizes/test/10/" sizes
grep -q -- "--resize WxH" said || fail "sizes: no way out: $(cat said)"
make sized.safetensors sizes --resize 20x12

# broken NAME WORDS: the image of that name is replaced by standard input.
broken() {
    rm -rf broken
    cp -r set broken
    cat >"broken/train/bee/$1"
    refuses "$2" broken
}
jpeg=$(ls set/train/bee | grep -m 1 'jpg$')
png=$(ls set/train/bee | grep -m 1 'png$')
size=$(wc -c <"set/train/bee/$jpeg")
for part in 100 $((size / 2)) $((size - 40)); do
    head -c $part "set/train/bee/$jpeg" >piece
    broken "$jpeg" "train/bee/$jpeg: JPEG: " <piece
done
size=$(wc -c <"set/train/bee/$png")
head -c $((size - 30)) "set/train/bee/$png" >piece
broken "$png" "train/bee/$png: PNG: the file ends too early" <piece
head -c 20 "set/train/bee/$png" >piece
broken "$png" "PNG: " <piece
{ head -c 60 "set/train/bee/$png"; printf 'xxxxxxxx'; tail -c +69 "set/train/bee/$png"; } >piece
broken "$png" "PNG: " <piece
echo "words" >piece
broken "$jpeg" "is neither JPEG nor PNG" <piece
: >piece
broken "$jpeg" "is empty" <piece
"$python" - >bomb.png <<'EOF'
import struct, sys, zlib
def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
sys.stdout.buffer.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)) +
                        chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b""))
EOF
broken "$png" "60000 x 60000 pixels" <bomb.png
rm -rf broken
cp -r set broken
rm "broken/train/bee/$png"
ln -s nowhere "broken/train/bee/$png"
refuses "No such file" broken
ln -sfn .. "broken/train/bee/circle"
rm "broken/train/bee/$png"
refuses "is there a link to a folder above it" broken

# Archives that are damaged or dangerous.
size=$(wc -c <set.tar)
for part in 1000 $((size / 3)) $((size * 2 / 3)); do
    head -c "$part" set.tar >cut.tar
    refuses "cut.tar" cut.tar
done
# Between two files, where nothing but the mark at the end is missing.
"$python" - <<'EOF'
import tarfile
with tarfile.open("set.tar") as t:
    last = t.getmembers()[-1]
with open("set.tar", "rb") as f, open("cut.tar", "wb") as to:
    to.write(f.read(last.offset))
EOF
refuses "cut.tar: is cut short" cut.tar
for file in flat.tar.gz set.zip set.tar.xz; do
    head -c $(($(wc -c <$file) / 2)) $file >"cut.$file"
    refuses "cut.$file" "cut.$file"
done
echo words >words.tar
refuses "words.tar: " words.tar
cp -r set linked
ln -s /etc/passwd linked/train/bee/link.png
tar cf linked.tar linked
refuses "holds a link, linked/train/bee/link.png" linked.tar
"$python" - <<'EOF'
import io, tarfile, zipfile
def tar(name, *paths):
    with tarfile.open(name, "w") as t:
        for path in paths:
            info = tarfile.TarInfo(path)
            info.size = 3
            t.addfile(info, io.BytesIO(b"abc"))
tar("absolute.tar", "/train/a/1.png")
tar("outside.tar", "train/a/../../../1.png")
tar("twice.tar", "train/a/1.png", "./train/a/1.png")
with zipfile.ZipFile("outside.zip", "w") as z:
    z.writestr("../../a/1.png", b"abc")
with zipfile.ZipFile("bomb.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z:
    with z.open("a/1.png", "w") as f:
        for _ in range(300):
            f.write(bytes(1 << 20))
EOF
refuses "absolute.tar: holds an absolute path, /train/a/1.png" absolute.tar
refuses "outside.tar: holds a path that leads outside, train/a/../../../1.png" outside.tar
refuses "outside.zip: holds a path that leads outside" outside.zip
refuses "twice.tar: holds train/a/1.png twice" twice.tar
refuses "decompression bomb" bomb.zip
finish
