#!/bin/sh
# Text comes out: the same for a seed, whatever the threads; a prompt that fills the window, or not; what is refused.
. "$(dirname "$0")/../lib.sh"
need_models
cd "$scratch"
generated=$scratch
# net NAME CLASSES NAMES CAUSAL VALUE: an architecture that predicts VALUE of the letters x (6).
net() {
    cat >"$1.lua" <<END
local nn = require "nn"
local x, y = nn.label("x", $2, {6}, { windows = 1, array = "text"$3 }), nn.label("y", $2, { windows = 1, array = "text", offset = 6 })
local rows = nn.embedding { name = "rows", dim = 8 }(x)
local mixed = nn.linear { name = "out", out = $2 }(rows + nn.multihead_attention { name = "mix", heads = 2, causal = $4 }(rows))
local loss = nn.cross_entropy(nn.select(mixed, 1, -1), y)
return nn.model { name = "$1",
  train = { epochs = 1, batch = 8, loss = loss, optimizer = nn.adam {} }, predict = { next = $5 } }
END
    "$NNGEN" --isa=portable -o "$1.c" "$1.lua" || fail "$1: status $?"
    compile_model "$NNGEN_CC" "$1" "$scratch/$1" -O1 -w || fail "$1: not compiled"
    "./$1" init --seed 3 --save "$1.safetensors"
}
shares='nn.exp(mixed) / nn.sum(nn.exp(mixed), { axis = -1, keepdim = true })'
names=', names = { "a", "b", "ab", " " }'
net good 4 "$names" true "$shares"
net late 4 "$names" false "$shares"
net logits 4 "$names" true 'mixed'
net silent 4 '' true "$shares"
text() { ./good generate --load good.safetensors "$@" || fail "generate $*: status $?"; }
refused() {
    name=$1 words=$2
    shift 2
    "./$name" generate --load "$name.safetensors" "$@" >out 2>message && fail "$name $*: not refused"
    grep -q "$words" message || fail "$name $*: $(cat message)"
}
first=$(text --prompt aab --length 50 --seed 5)
case $first in aab*) ;; *) fail "the text does not begin with the prompt: $first" ;; esac
[ "$(text --prompt aab --length 50 --seed 5 --threads 3)" = "$first" ] || fail "threads change the text"
[ "$(text --prompt aab --length 50 --seed 6)" != "$first" ] || fail "the seed changes nothing"
[ "$(text --prompt aab --length 50 --temperature 0 --seed 1)" = "$(text --prompt aab --length 50 --temperature 0 --seed 2)" ] ||
    fail "temperature 0 draws"
# Computed place by place, the text is that of whole windows.
sed 's/\({"next", .*\), [0-9]*},/\1, 0},/' good.c >slow.c
! cmp -s good.c slow.c || fail "good does not walk"
compile_model "$NNGEN_CC" slow "$scratch/slow" -O1 -w -Dnn_model_good=nn_model_slow || fail "slow: not compiled"
[ "$(./slow generate --load good.safetensors --prompt aab --length 50 --seed 5)" = "$first" ] || fail "places give another text"
# The longest name counts, so that "aab" is two symbols; beyond the window the last symbols count.
[ "$(text --prompt aab --length 3 --json | tr -cd ,)" = ,,,, ] || fail "symbols: $(text --prompt aab --length 3 --json)"
[ "$(text --prompt bbbbbaaabaaa --length 9 --seed 2 | cut -c 13-)" = "$(text --prompt aaabaaa --length 9 --seed 2 | cut -c 8-)" ] ||
    fail "symbols before the window count"
./late generate --load late.safetensors --prompt aaaaaa --length 2 >/dev/null || fail "a full window needs no causal net: status $?"
refused late 'not causal' --prompt aab
refused good 'no symbol for what follows "aa"' --prompt aac
refused good '^good: error: --prompt: empty' --prompt ''
refused logits 'no probabilities' --prompt a
refused silent 'no names of the symbols' --prompt a
finish
