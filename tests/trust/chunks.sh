#!/bin/sh
# The gradients of chunks are added in the tree of docs/numbers.md, by any number of tasks, in the
# memory that work_bytes says.
. "$(dirname "$0")/../lib.sh"
cd "$scratch"
cat >net.lua <<'END'
local nn = require "nn"
local image, digit = nn.input("image", {37}), nn.label("digit", 5)
local hidden = nn.relu(nn.linear { name = "fc1", out = 40 }(image))
local answer = nn.linear { name = "fc2", out = 5 }(hidden)
return nn.model {
  train   = { epochs = 2, batch = 3, optimizer = nn.adam {}, loss = nn.cross_entropy(answer, digit) },
  predict = { digit = nn.argmax(answer) },
}
END
"$NNGEN" -o net.c net.lua || fail "nngen: status $?"
grep -q 'NN_CHUNK_MIN = [0-9]' net.c || fail "the number of samples in a chunk is not in the file"
sed -i 's/NN_CHUNK_MIN = [0-9]*/NN_CHUNK_MIN = 2/' net.c
# shellcheck disable=SC2086
"$NNGEN_CC" -std=c11 -O1 ${NNGEN_SANITIZED:+-fsanitize=address,undefined} \
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror "-I$NNGEN_SOURCE/runtime" \
    -DNN_MODEL_SYMBOL=nn_model_net net.c "$NNGEN_SOURCE/tests/trust/chunks.c" -lm -o chunks ||
    fail "not compiled"
./chunks || fail "sums differ"
finish
