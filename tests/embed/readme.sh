#!/bin/sh
# README's paragraphs of C, Python and ONNX Runtime, as they are written: the answers of `eval` to the bytes of digits.
. "$(dirname "$0")/../lib.sh"
[ -z "${NNGEN_SANITIZED:-}" ] || skip "built in the plain builds"
/usr/bin/python3 -c 'import numpy' 2>/dev/null || skip "NumPy is missing"
[ -e "${NNGEN_DATA:-}/t10k-images-idx3-ubyte.gz" ] || skip "MNIST is not there"
[ -e "$NNGEN_BUILD/python/nngen/_nngen.so" ] || skip "the package is not built"
cd "$scratch"
mkdir data tools bin
ln -s "$NNGEN_DATA" data/mnist
ln -s "$NNGEN_BUILD" build
ln -s "$NNGEN_SOURCE/arch" "$NNGEN_SOURCE/examples" .
# What is there already is not built and fetched, and the compiler and Python are the tests'.
printf '#!/bin/sh\n' | tee tools/fetch-mnist bin/cmake >bin/pip
printf '#!/bin/sh\nexec %s "$@"\n' "$NNGEN_CC" >bin/cc
printf '#!/bin/sh\nexec /usr/bin/python3 "$@"\n' >bin/python3
chmod +x tools/fetch-mnist bin/*
PATH=$PWD/bin:$PATH
CC=$NNGEN_CC
export PATH CC
unset NNGEN

# paragraph HEADING: the first block of commands below it.
paragraph() {
    awk -v heading="$1" '!code && /^#/ { here = $0 == heading } /^```/ { if (code && here) exit; code = !code; next }
        code && here' \
        "$NNGEN_SOURCE/README.md"
}

run() {
    paragraph "$1" >"$2.sh"
    [ -s "$2.sh" ] || fail "$1: no commands"
    sh -e "$2.sh" >"$2.txt" 2>"$2.err" || fail "$1: status $?, $(tail -n 3 "$2.err")"
}
run "## In your program" trained
./lenet5 eval --load lenet5.safetensors --quiet --predictions eval.csv >said 2>&1 || fail "eval: $(cat said)"
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } { print $at["digit"] }' eval.csv >wanted.txt
[ "$(wc -l <wanted.txt)" = 10000 ] || fail "$(wc -l <wanted.txt) answers of eval"
run "### In C" c
run "### In Python" python
cmp c.txt wanted.txt || fail "C has other answers"
cmp python.txt wanted.txt || fail "Python has other answers"
if /usr/bin/python3 -c 'import onnxruntime' 2>/dev/null && ./lenet5 export --help >/dev/null 2>&1; then
    run "### In ONNX Runtime" onnx
    [ "$(wc -l <onnx.txt)" = 10000 ] && [ "$(paste -d' ' onnx.txt wanted.txt | awk '$1 != $2' | wc -l)" -le 2 ] ||
        fail "ONNX Runtime has other answers: $(paste -d' ' onnx.txt wanted.txt | awk '$1 != $2' | head -n 5)"
fi
finish
