#!/bin/sh
# The words of PyTorch that compiler/lua/pytorch.c lists: each is one of nngen, too, or a message says that
# nngen has none such yet.
. "$(dirname "$0")/../lib.sh"
cd "$scratch"
sed -n '/missing\[\] = {/,/^};/p' "$NNGEN_SOURCE/compiler/lua/pytorch.c" | grep -o '"[a-z0-9_]*"' | tr -d '"' >words
[ "$(wc -l <words)" -ge 100 ] || fail "few words: $(cat words)"
missing=0
while read -r word; do
    echo "local a = require(\"nn\").$word" >word.lua
    "$NNGEN" word.lua >out 2>err && fail "$word: status 0"
    if grep -q "nngen has no nn.$word yet" err; then
        missing=$((missing + 1))
    elif grep -q "nn has no" err; then
        fail "$word: $(head -n 1 err)"
    fi
done <words
[ "$missing" -ge 50 ] || fail "only $missing words are said to be missing"
finish
