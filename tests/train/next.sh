#!/bin/sh
# The entry `next` walks along a sequence and gives the bits of `predict` at each place, on each instruction set:
# attention of all forms, recurrences, values that are the same everywhere. Models that look ahead have none.
. "$(dirname "$0")/../lib.sh"
cd "$scratch"
# walks NAME PREDICTIONS: its predictions of every place; so many are sequences.
walks() {
    "$NNGEN" -o "$1.c" "$1.lua" || fail "$1: status $?"
    [ "$(sed -n '/nn_predictions\[/,/};/p' "$1.c" | grep -c ', [1-9][0-9]*},')" = "$2" ] || fail "$1: other predictions have a place"
    "$NNGEN_CC" -std=c11 -O1 -ffp-contract=off -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -I"$NNGEN_SOURCE/runtime" \
        -DNN_MODEL_SYMBOL="nn_model_$1" -o "$1" "$1.c" "$NNGEN_SOURCE/tests/train/next.c" -lm || fail "$1: not compiled"
    "./$1" || fail "$1: status $?"
    command -v qemu-aarch64 >/dev/null && command -v aarch64-linux-gnu-gcc >/dev/null || return 0
    aarch64-linux-gnu-gcc -std=c11 -O1 -ffp-contract=off -static -I"$NNGEN_SOURCE/runtime" -DNN_MODEL_SYMBOL="nn_model_$1" \
        -o "$1.arm" "$1.c" "$NNGEN_SOURCE/tests/train/next.c" -lm && qemu-aarch64 "./$1.arm" || fail "$1: AArch64: status $?"
}
cat >gpt.lua <<'END'
local nn = require "nn"
local T, width, classes = 21, 40, 9
local text, next = nn.label("text", classes, {T}), nn.label("next", classes, {T})
local letters = nn.embedding { name = "wte", dim = width }
local x = letters(text) + nn.embedding { name = "wpe", dim = width }(nn.arange(T))
for i = 1, 2 do
  local norm = function(n) return nn.layer_norm { name = n .. i } end
  x = x + nn.multihead_attention { name = "attn" .. i, heads = 2, causal = true }(norm("a")(x))
  x = x + nn.linear { name = "down" .. i, out = width }(nn.gelu(nn.linear { name = "up" .. i, out = 50 }(norm("b")(x))))
end
local logits = nn.linear { name = "head", tie = letters, bias = false }(nn.rms_norm { name = "f" }(x))
return nn.model { train = { epochs = 1, batch = 4, loss = nn.cross_entropy(logits, next), optimizer = nn.sgd { lr = 0.1 } },
  predict = { next = nn.softmax(logits), best = nn.argmax(logits, {axis = 2}) } }
END
walks gpt 2
cat >heads.lua <<'END'
local nn = require "nn"
local T, heads, width = 19, 3, 12
local x, y = nn.input("x", {T, 10}, { mean = 0.1, std = 2 }), nn.target("y", {T, 4})
local kind = nn.label("kind", 4)
local place = nn.parameter("place", {T, heads * width}, { init = nn.normal(0, 1) })
local h = nn.linear { name = "in", out = heads * width }(x) + place + nn.embedding { name = "kind", dim = heads * width }(kind)
local function split(name) return nn.permute(nn.reshape(nn.linear { name = name, out = heads * width }(h), {T, heads, width}), {2, 1, 3}) end
local a = nn.scaled_dot_product_attention(split("q"), split("k"), split("v"), { causal = true, scale = 0.3 })
local z = nn.reshape(nn.permute(a, {2, 1, 3}), {T, heads * width})
z = nn.concat { z, nn.slice(h, 2, 3, 20), axis = 2 }
z = z - nn.mean(z, { axis = 2, keepdim = true })
local memory = nn.parameter("memory", {7, 16}, { init = nn.normal(0, 1) })
z = z + nn.pad(nn.scaled_dot_product_attention(nn.linear { name = "q2", out = 16 }(z), memory * 2, memory), 2, 5, 33)
local one = nn.scaled_dot_product_attention(nn.linear { name = "q1", out = 16 }(z), nn.linear { name = "k1", out = 16 }(z), nn.linear { name = "v1", out = 5 }(z), { causal = true })
local out = nn.linear { name = "out", out = 4 }(nn.tanh(one))
return nn.model { train = { epochs = 1, batch = 4, loss = nn.mse(out, y), optimizer = nn.sgd { lr = 0.1 } },
  predict = { out = out, logp = nn.log_softmax(z), all = nn.mean(out), hot = nn.one_hot(nn.argmax(out)), product = nn.matmul(z, nn.transpose(nn.tanh(nn.parameter("m", {5, 54}, {init=nn.normal(0,1)})), 1, 2)) } }
END
walks heads 4
for cell in rnn gru lstm; do
    cat >"$cell.lua" <<END
local nn = require "nn"
local T, width, classes = 13, 21, 9
local text, next = nn.label("text", classes, {T}), nn.label("next", classes, {T})
local logits = nn.sequential { nn.embedding { name = "e", dim = width }, nn.$cell { name = "r", hidden = 37, layers = 2 },
  nn.linear { name = "head", out = classes } }(text)
return nn.model { train = { epochs = 1, batch = 4, loss = nn.cross_entropy(logits, next), optimizer = nn.sgd { lr = 0.1 } },
  predict = { next = nn.softmax(logits) } }
END
    walks "$cell" 1
done
# stays NAME CHANGE: a model that is not causal has no such entry.
stays() {
    sed "$2" gpt.lua >"$1.lua"
    ! cmp -s gpt.lua "$1.lua" || fail "$1: unchanged"
    "$NNGEN" --isa=portable -o "$1.c" "$1.lua" || fail "$1: status $?"
    ! grep -q '\.places = ' "$1.c" || fail "$1: walks"
}
stays ahead 's/, causal = true//'
stays turned 's/(norm("a")(x))/(nn.flip(norm("a")(x), 1))/'
stays whole 's/logits)/nn.flatten(logits))/g; s/, best = .*/ } }/'
finish
