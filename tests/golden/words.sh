#!/bin/sh
# The words that compiler/lua/pytorch.c says only PyTorch has: nngen has none of them.
. "$(dirname "$0")/../lib.sh"
cd "$scratch"
sed -n '/missing\[\] = {/,/^};/p' "$NNGEN_SOURCE/compiler/lua/pytorch.c" | grep -o '"[a-z0-9_]*"' | tr -d '"' >words
[ "$(wc -l <words)" -ge 100 ] || fail "few words: $(cat words)"
while read -r word; do
    echo "local a = require(\"nn\").$word" >word.lua
    "$NNGEN" word.lua >out 2>err && fail "$word: status 0"
    grep -q "nngen has no nn.$word yet" err || fail "nngen has $word: take it out of the list"
done <words
finish
