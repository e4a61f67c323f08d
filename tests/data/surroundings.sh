#!/bin/sh
# nngen data where it is interrupted, where the disk is full, where memory is short, on a terminal, where its
# program was not built; wrong usage.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/common"
small_digits digits
make good.safetensors digits

# unchanged WORDS: o.safetensors is what it was, and nothing is left beside it.
unchanged() {
    cmp -s o.safetensors good.safetensors || fail "$1: the earlier file is damaged"
    set -- .nngen-*
    [ ! -e "$1" ] || { fail "a temporary file is left: $1"; rm -f .nngen-*; }
}
cp good.safetensors o.safetensors
head -c 1000 digits/train-images-idx3-ubyte >cut-train-images-idx3-ubyte
! "$NNGEN" data cut-train-images-idx3-ubyte digits/train-labels-idx1-ubyte -o o.safetensors 2>said ||
    fail "a cut file: $(cat said)"
unchanged "bad input"
(ulimit -f 100; ! "$NNGEN" data digits -o o.safetensors 2>said) || fail "ulimit -f: status 0"
grep -q "o.safetensors: cannot write" said || fail "ulimit -f: $(cat said)"
unchanged "a limit of file sizes"
awk 'BEGIN { print "a,b,c"; for (i = 0; i < 2000000; i++) print i "," i % 7 "," i / 3 }' >long.csv

# interrupt SIGNAL: while the file is written; fails if it was complete before.
interrupt() {
    "$NNGEN" data --quiet long.csv -o o.safetensors 2>said &
    pid=$!
    tries=0
    until [ -n "$(ls -A | grep '^[.]nngen-')" ] || [ $tries -gt 1000 ]; do
        tries=$((tries + 1))
        sleep 0.01
    done
    kill -s "$1" $pid 2>/dev/null || true
    status=0
    wait $pid || status=$?
    [ $status -gt 128 ]
}
for signal in TERM HUP; do
    done=false
    for try in 1 2 3 4 5; do
        cp good.safetensors o.safetensors
        if interrupt $signal; then
            done=true
            break
        fi
    done
    $done || fail "SIG$signal came too late $try times"
    unchanged "SIG$signal"
done
if mount_small 100k small; then
    ! "$NNGEN" data digits -o small/o.safetensors 2>said || fail "a full disk: status 0"
    grep -q "small/o.safetensors: cannot write: No space left" said || fail "a full disk: $(cat said)"
    [ -z "$(ls -A small)" ] || fail "a full disk: left is $(ls -A small)"
    unmount small
fi

# An array larger than the memory that may be had.
if [ -z "${NNGEN_SANITIZED:-}" ]; then
    { printf '\223NUMPY\001\000\166\000'; printf '%-117s\n' "{'descr': '|u1', 'fortran_order': False, 'shape': (300, 1048576), }"; } >large.npy
    truncate -s $((128 + 300 * 1048576)) large.npy
    (ulimit -v 250000; "$NNGEN" data --quiet large.npy -o large.safetensors 2>said) || fail "large.npy: $(cat said)"
    [ "$(wc -c <large.safetensors)" -gt 314572800 ] || fail "large.npy: $(wc -c <large.safetensors) bytes"
    rm -f large.npy large.safetensors
fi

# Progress: plain lines where there is no terminal, and only if it takes long; one line on one.
"$NNGEN" data digits -o o.safetensors >report 2>said || fail "status $?"
[ ! -s said ] || fail "words without need: $(cat said)"
if "$NNGEN_CC" -std=c11 -w "$NNGEN_SOURCE/tests/train/terminal.c" -o terminal; then
    TERM=xterm ./terminal 80 "$NNGEN" data long.csv -o o.safetensors >seen || fail "on a terminal: status $?"
    for pass in 2 3; do
        grep -qE "^drawn +\[#*\.*\] +[0-9]+%.*  pass $pass of 3" seen || fail "pass $pass: $(head -n 5 seen)"
    done
    ! grep -E '^(wrapped|escape)|^left.*%' seen || fail "on a terminal: lines are left"
    TERM=xterm ./terminal 80 "$NNGEN" data --quiet long.csv -o o.safetensors >seen || fail "--quiet: status $?"
    [ ! -s seen ] || fail "--quiet: $(cat seen)"
fi

# Without the program beside it.
mkdir alone
cp "$NNGEN" alone/nngen
status=0
alone/nngen data digits -o o.safetensors >said 2>&1 || status=$?
[ $status -eq 1 ] && grep -q "nngen-data.*is not beside nngen.*apt install libarchive-dev libcsv-dev" said ||
    fail "alone: status $status: $(cat said)"

# usage WORDS ARGUMENTS...: status 2.
usage() {
    words=$1
    shift
    status=0
    "$NNGEN" data "$@" >said 2>&1 || status=$?
    [ $status -eq 2 ] && grep -qF -- "$words" said || fail "$*: status $status: $(cat said)"
}
usage "needs SOURCE" -o x.safetensors
usage "needs -o F.safetensors" digits
usage "--val-split: a part from 0 to below 1 wanted, such as 0.1, not \"1\"" digits -o x --val-split 1
usage "not \"-0.1\"" digits -o x --val-split=-0.1
usage "not \"nan\"" digits -o x --test-split nan
usage "leave nothing for training" digits -o x --val-split 0.5 --test-split 0.5
usage "--resize: a size up to 8192x8192 wanted" digits -o x --resize 3
usage "--resize" digits -o x --resize 3x0
usage "--resize" digits -o x --resize 3x4x5
usage "would replace a source" digits/train-images-idx3-ubyte -o digits/train-images-idx3-ubyte
usage "would replace the file of --like" digits -o good.safetensors --like good.safetensors
usage "--as: " digits -o x --as pictures
usage "did you mean --resize" digits -o x --resiez 3x4
status=0
"$NNGEN" -o x data digits >said 2>&1 || status=$?
[ $status -eq 2 ] && grep -q "data is the first word" said || fail "-o x data: status $status: $(cat said)"
"$NNGEN" data --help | grep -q '^usage: nngen data -o F.safetensors \[options\] SOURCE...$' || fail "--help"
"$NNGEN" data --version | grep -q '^nngen [0-9]' || fail "--version"

# Options of other kinds of data.
refuses "--resize does not go with IDX files" digits --resize 3x4
refuses "--label does not go with text files" long.csv --as text --label a
echo words >words.txt
refuses "--mel does not go with text files" words.txt --mel 4

# Kinds that cannot be found out.
mkdir both
cp digits/* both
echo "a,b" >both/a.csv
refuses "there are CSV files and IDX files: --as csv or --as idx" both
make both.safetensors both --as idx
cmp both.safetensors good.safetensors || fail "--as: other bytes"
echo words >file.dat
refuses "none of the kinds of data that are known; say which it is: --as KIND, one of images" file.dat
make text.safetensors file.dat --as text
mkfifo fifo
refuses "neither a regular file nor a folder" fifo
status=0
"$NNGEN" data digits -o /dev/null >said 2>&1 || status=$?
[ $status -eq 1 ] && grep -q "/dev/null: is no file" said || fail "/dev/null: status $status: $(cat said)"
finish
