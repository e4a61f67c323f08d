#!/bin/sh
# The networks of arch and arch/gallery as models of ONNX: ONNX Runtime gives their answers, with and without Winograd's
# algorithm; those whose predictions draw random values are refused by name. NNGEN_ALL=1: 10,000 samples. Samples are
# those of real sets where $NNGEN_GALLERY has the files of docs/gallery.md, else random bytes. $NNGEN_NETWORKS: other
# files than those of both folders.
. "$(dirname "$0")/../lib.sh"
[ -z "${NNGEN_SANITIZED:-}" ] || skip "Python is not sanitized"
/usr/bin/python3 -c 'import numpy, onnx, onnxruntime' 2>/dev/null || skip "onnx or ONNX Runtime is missing"
[ -e "$NNGEN_BUILD/python/nngen/_nngen.so" ] || skip "the Python package is not built"
cd "$scratch"
CC=$NNGEN_CC
PYTHONPATH=$NNGEN_BUILD/python
export CC NNGEN PYTHONPATH
samples=${NNGEN_ALL:+10000} isa=--isa=portable
[ -z "$samples" ] || isa=
cp -r "$NNGEN_SOURCE/arch" .
parts=$(sed '/^#/d' arch/PARTS)

# with_scores FILE: what an argmax chooses by becomes a prediction, too, so that near ties can be told from mistakes.
with_scores() {
    for scores in $(grep -o 'nn[.]argmax([a-z]*' "$1" | sed 's/.*(//' | sort -u); do
        sed -i "s/predict *= *{/& scores_$scores = $scores,/" "$1"
    done
}

# Programs are only asked to export, so they need not be fast.
made() { CFLAGS=$1 "$NNGEN" build $2 >said 2>&1 || { fail "$name: $(tail -n 3 said)"; return 1; }; }

compared=0
for file in ${NNGEN_NETWORKS:-arch/*.lua arch/gallery/*.lua}; do
    name=$(basename "$file" .lua)
    ! echo "$parts" | grep -qx "$name" || continue
    with_scores "$file"
    made -O0 "--isa=portable -o $name $file" || continue
    "./$name" init --seed 1 --save drawn.safetensors --quiet
    if [ "$("./$name" info --json | json_value predicts)" != true ] && ! "./$name" info --json | grep -q '"predicts": *true'; then
        if "./$name" export --load drawn.safetensors --onnx drawn.onnx 2>said; then fail "$name.onnx: status 0"; fi
        ! grep -q "built without protobuf-c" said || skip "protobuf-c is missing"
        grep -q 'part of the prediction does: rand' said && [ ! -e drawn.onnx ] || fail "$name.onnx: $(cat said)"
        echo "$name: refused, $(sed 's/.*: //' said)"
        continue
    fi
    made -O1 "--shared $isa -o on.so $file" && made -O1 "--shared $isa --winograd=off -o off.so $file" || continue
    /usr/bin/python3 "$NNGEN_SOURCE/tests/embed/networks.py" "$name" ${samples:-100} ${NNGEN_GALLERY:-} ||
        fail "$name: status $?"
    rm -f "$name" ./*.so ./*.onnx ./*.safetensors
    compared=$((compared + 1))
done
[ -n "${NNGEN_NETWORKS:-}" ] || [ "$compared" -ge 20 ] || fail "$compared networks"
finish
