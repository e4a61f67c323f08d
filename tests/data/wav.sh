#!/bin/sh
# Sounds against Python's wave and NumPy's transform, and against sox; damaged files.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/common"
need_python wave numpy
export PYTHONDONTWRITEBYTECODE=1
"$python" "$NNGEN_SOURCE/tests/data/check_wav.py" make
make set.safetensors set
make mel.safetensors set --mel 12
make cut.safetensors set --samples 1000
make long.safetensors set --samples 2000
"$python" "$NNGEN_SOURCE/tests/data/check_wav.py" check || fail "other sounds than Python's"
tar czf set.tgz set
make archive.safetensors set.tgz
cmp set.safetensors archive.safetensors || fail "an archive: other bytes"
"$NNGEN" data set --mel 12 -o report.safetensors >report || fail "report: status $?"
grep -qxF 'local audio = nn.input("audio", {12, 18}, { mean = "train", std = "train" })' report || fail "$(cat report)"
grep -qxF 'local class = nn.label("class", 2, { names = { "no", "yes" } })' report || fail "$(cat report)"

if command -v sox >/dev/null; then
    # The same sound in other encodings, of other programs.
    mkdir -p sox/a
    sox set/train/no/1.wav -e floating-point -b 32 sox/a/float.wav
    sox set/train/no/1.wav -e signed-integer -b 24 sox/a/long.wav
    make sox.safetensors sox
    for row in 0 1; do
        array sox.safetensors train/audio | tail -c +$((row * 12800 + 1)) | head -c 12800 >sox.row
        array set.safetensors train/audio | tail -c +12801 | head -c 12800 | cmp - sox.row || fail "sox: row $row differs"
    done
    rm -rf other
    cp -r set other
    sox set/train/no/1.wav -r 16000 other/train/no/1.wav
    refuses "other/train/no/1.wav: has 2 channels of 16000 samples in a second, but other/train/no/0.wav has 2 of 8000" other
    sox set/train/no/1.wav -c 1 other/train/no/1.wav
    refuses "has 1 channels" other
    sox set/train/no/1.wav other/train/no/1.wav trim 0 0.1
    refuses "has 800 samples, but other/train/no/0.wav has 1600; --samples N" other
    make other.safetensors other --samples 1600
    mkdir -p fast/no
    sox set/train/no/1.wav -r 16000 fast/no/1.wav
    refuses "has 16000 samples in a second, other than the sounds in set.safetensors" fast --like set.safetensors
else
    echo "sox is missing"
fi

refuses "--mel 500: too many bands" set --mel 500
refuses "--mel: the sounds have 100 samples, a window has 200" set --mel 12 --samples 100

# broken WORDS: a sound is replaced by standard input.
broken() {
    rm -rf broken
    cp -r set broken
    cat >broken/train/yes/3.wav
    refuses "broken/train/yes/3.wav: $1" broken
}
head -c 3000 set/train/no/1.wav >piece
broken "is cut short: 2956 bytes of sound, its head promises 6400" <piece
head -c 30 set/train/no/1.wav >piece
broken "has no sound in it" <piece
{ head -c 22 set/train/no/1.wav; byte 0; byte 0; tail -c +25 set/train/no/1.wav; } >piece
broken "" <piece
{ head -c 22 set/train/no/1.wav; byte 255; byte 255; tail -c +25 set/train/no/1.wav; } >piece
broken "" <piece
echo "no sound at all" >piece
broken "is no WAV file" <piece
: >piece
broken "is no WAV file" <piece
finish
