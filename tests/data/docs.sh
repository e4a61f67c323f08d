#!/bin/sh
# The writers in docs/data.md write what they say; a program trains on a file that nngen data made.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/common"

# block LANGUAGE: the code of that language in the page.
block() { sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/p" "$NNGEN_SOURCE/docs/data.md" | sed '1d;$d'; }
[ -z "${NNGEN_SANITIZED:-}" ] || skip "sanitizers: the plain builds link what is built here"

block c >save.c
cat >main.c <<'E2'
#include "save.c"
int main(void) {
    static unsigned char images[2 * 3072];
    for (int i = 0; i < 2 * 3072; i++) images[i] = (unsigned char)(i % 251);
    return save("c.safetensors", 2, images, (const unsigned char[]){7, 1});
}
E2
"$NNGEN_CC" -std=c11 -Wall -Wextra -Wno-unused-result main.c -o save && ./save || fail "the writer in C"
holds c.safetensors '"train/image":{"dtype":"U8","shape":[2,3,32,32]'
[ "$(array c.safetensors train/class | od -An -t u1 | tr -s ' ')" = " 7 1" ] || fail "in C: other classes"

# A table, and a network that reads it.
awk 'BEGIN {
    print "a,b,kind,label"
    for (i = 0; i < 600; i++) {
        a = (i * 7919) % 1000 / 1000; b = (i * 104729) % 1000 / 1000
        print a "," b "," (i % 3 ? "x" : "y") "," (a > b ? "more" : "less")
    }
}' >table.csv
make table.safetensors table.csv --label label --categorical kind --val-split 0.2 --test-split 0.2
cat >net.lua <<'E2'
local nn = require "nn"
local features, label = nn.input("features", {2}), nn.label("label", 2)
local net = nn.sequential { nn.linear { out = 16 }, nn.tanh, nn.linear { out = 2 } }
local logits = net(features)
return nn.model {
  name = "net",
  train = { epochs = 20, batch = 20, loss = nn.cross_entropy(logits, label), optimizer = nn.adam { lr = 1e-2 } },
  predict = { label = nn.argmax(logits) },
  metrics = { accuracy = nn.equal(nn.argmax(logits), label) },
}
E2
if CC=$NNGEN_CC "$NNGEN" build net.lua >said 2>&1; then
    ./net train --quiet --data table.safetensors --save net.safetensors >said 2>&1 || fail "train: $(cat said)"
    accuracy=$(./net eval --load net.safetensors --data table.safetensors --json | json_value accuracy)
    awk -v a="$accuracy" 'BEGIN { exit !(a > 0.9) }' || fail "accuracy $accuracy"
    # The program cuts the rows that nngen data cuts.
    make whole.safetensors table.csv --label label --categorical kind
    ./net train --quiet --data whole.safetensors --val-split 0.2 --test-split 0.2 --save same.safetensors \
        >said 2>&1 || fail "train: $(cat said)"
    cmp net.safetensors same.safetensors || fail "the program cuts other rows than nngen data"
else
    fail "nngen build: $(cat said)"
fi

need_python numpy
export PYTHONDONTWRITEBYTECODE=1
{
    block python
    cat <<'E2'
save("python.safetensors", {"train/image": np.arange(24, dtype="uint8").reshape(2, 3, 2, 2),
                            "train/class": np.array([1, 0], "uint8"), "val/x": np.zeros((3, 2), "float32")},
     {"class": ["cat", "dog"]})
E2
} >save.py
"$python" save.py || fail "the writer in Python"
holds python.safetensors '"train/image": {"dtype": "U8", "shape": [2, 3, 2, 2], "data_offsets": [0, 24]}'
printf 'a,class\n1,dog\n2,cat\n' >like.csv
make like.safetensors like.csv --label class --like python.safetensors
[ "$(array like.safetensors train/class | od -An -t u1 | tr -s ' ')" = " 1 0" ] || fail "--like of a file from Python"
finish
