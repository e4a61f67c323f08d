#!/bin/sh
# NumPy's arrays, .npy and .npz, of all types and orders; damaged heads.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/common"
need_python numpy
export PYTHONDONTWRITEBYTECODE=1
"$python" "$NNGEN_SOURCE/tests/data/check_numpy.py" make
for file in plain packed splits; do make $file.safetensors $file.npz; done
make folder.safetensors folder
make one.safetensors x_train.npy
"$python" - <<'EOF'
import numpy as np
with np.load("splits.npz") as a:
    np.savez("two.npz", x=a["train/x"], y=a["train/y"])
EOF
make cut.safetensors two.npz --val-split 0.3 --test-split 0.33
"$python" "$NNGEN_SOURCE/tests/data/check_numpy.py" check || fail "other values than NumPy's"
tar cf folder.tar folder
make archive.safetensors folder.tar
cmp folder.safetensors archive.safetensors || fail "an archive: other bytes"
gzip -k x_train.npy
make packed.safetensors x_train.npy.gz
cmp one.safetensors packed.safetensors || fail "a packed array: other bytes"
cp x_train.npy array.dat
make dat.safetensors array.dat
"$NNGEN" data two.npz -o two.safetensors >report || fail "two.npz: status $?"
grep -qx 'local x = nn.input("x", {5, 4, 3}, { mean = "train", std = "train" })' report || fail "$(cat report)"
grep -q '^local y = nn.label("y", [0-9]*)$' report || fail "$(cat report)"
"$python" -c 'import numpy as np; np.save("counted.npy", np.array([2, 0, 2, 2, 0]))'
"$NNGEN" data counted.npy -o counted.safetensors >report || fail "counted.npy: status $?"
grep -A 3 '^  counted *train$' report | tr -s ' ' | tail -n 3 | tr '\n' , | grep -qx ' 0 2, 1 0, 2 3,' || fail "counts: $(cat report)"
"$NNGEN" data holes.npy -o holes.safetensors >report 2>said || fail "holes.npy: status $?"
grep -q "warning: holes has 2 values that are not finite" said || fail "holes: $(cat said)"

"$NNGEN" data uneven.npz -o uneven.safetensors >report 2>said || fail "uneven.npz: status $?"
grep -q "warning: train/x has 6 rows, train/y 7: no model can read both" said || fail "uneven: $(cat said)"

mkdir odd
cp x_train.npy "odd/$(printf 'a\377').npy"
refuses "the name of an array" odd
refuses "x_train.npy: a second array of the name train/x_train" x_train.npy folder/../x_train.npy
refuses "train/x has 6 rows, train/y 7" uneven.npz --val-split 0.2
refuses 'objects.npz: x.npy: its elements are "|O", Python'"'"'s objects' objects.npz
refuses 'strings.npy: its elements are "<U1"' strings.npy
refuses 'complex.npy: its elements are "<c8"' complex.npy
refuses 'records.npy: has records' records.npy
refuses 'empty.npy: has no values' empty.npy
refuses 'huge.npy: 9223372036854775808 is beyond what I64 holds' huge.npy
refuses 'x.npy: has another shape or type than x in other splits' shapes.npz
head -c 200 x_train.npy >cut.npy
refuses "cut.npy: the array is cut short" cut.npy
head -c 60 x_train.npy >cut.npy
refuses "cut.npy: the head of the array is cut short" cut.npy
{ cat x_train.npy; echo; } >cut.npy
refuses "cut.npy: more data than its head promises" cut.npy
head -c 2000 plain.npz >cut.npz
refuses "cut.npz: " cut.npz

# head_of VERSION LENGTH TEXT: a file that begins so.
head_of() { { printf '\223NUMPY'; byte "$1"; byte 0; byte $(($2 & 255)); byte $(($2 >> 8)); printf '%s' "$3"; } >head.npy; }
t="{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }"
head_of 1 ${#t} "$t"
refuses "the array is cut short" head.npy
head_of 4 ${#t} "$t"
refuses "version 4 of NumPy's format" head.npy
head_of 1 60000 "$t"
refuses "the head of the array is cut short" head.npy
for t in "{'descr': '<f4', 'fortran_order': False}" "{'descr': '<f4', 'fortran_order': 0, 'shape': (3,)}" \
    "{'descr': '<f4', 'fortran_order': False, 'shape': (3}" "{'descr': '<f4', 'fortran_order': False, 'shape': (-3,)}" \
    "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}" "" "{" \
    "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}" "'shape': (3,)" \
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1)}"; do
    head_of 1 ${#t} "$t"
    refuses "the head of the array is damaged" head.npy
done
t="{'descr': '<f4', 'fortran_order': True, 'shape': (1000000000, 1000), }"
head_of 1 ${#t} "$t"
refuses "is in Fortran's order, which is turned in memory" head.npy
finish
