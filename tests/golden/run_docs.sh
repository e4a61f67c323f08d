#!/bin/sh
# The examples of the documents do what they say. The path of nngen may be given as the first
# argument.
if [ $# -gt 0 ]; then NNGEN=$(realpath "$1"); fi
. "$(dirname "$0")/../lib.sh"

cd "$scratch"
mkdir arch
cp "$NNGEN_SOURCE/arch/trunk.lua" arch

# A block from `require "nn"` to `return nn.model` is a whole architecture.
cat "$NNGEN_SOURCE/README.md" "$NNGEN_SOURCE"/docs/*.md | awk '
    /^```/ { if (begins && ends) printf "%s", text > ("arch/example" ++n ".lua")
             inside = /lua/; text = ""; begins = ends = 0; next }
    inside { text = text $0 "\n" }
    inside && /require "nn"/ { begins = 1 }
    inside && /^return nn.model/ { ends = 1 }'
for file in arch/example*.lua; do
    "$NNGEN" "$file" >out.c || { cat "$file"; fail "$file"; }
    [ -s out.c ] || fail "$file gives nothing"
done

# The blocks of the worked example are arch/aux.lua.
awk '/^## / { example = /worked example/ }
     /^```/ { inside = /lua/; next }
     example && inside' "$NNGEN_SOURCE/docs/language.md" >arch/aux.lua
"$NNGEN" --emit=graph arch/aux.lua >written || fail "the worked example"
"$NNGEN" --emit=graph "$NNGEN_SOURCE/arch/aux.lua" >real
cmp written real || fail "the worked example is not arch/aux.lua"
finish
