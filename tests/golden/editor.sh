#!/bin/sh
# What editors read of the language: every word and option is there and has a line of help.
. "$(dirname "$0")/../lib.sh"
cd "$scratch"
"$NNGEN" --help=luals >nn.d.lua 2>err || fail "--help=luals: $(cat err)"

# Every word that the page or an architecture uses; `nn.c` and the like are files.
grep -oh 'nn\.[a-z][a-z0-9_]*' "$NNGEN_SOURCE/docs/language.md" "$NNGEN_SOURCE"/arch/*.lua "$NNGEN_SOURCE"/arch/gallery/*.lua |
    grep -vx 'nn\.[cdh]' | sort -u >used
# nn.glu is the page's example of a word that is missing.
grep -vx 'nn\.glu' used >words
[ "$(wc -l <words)" -ge 100 ] || fail "few words: $(cat words)"
while read -r word; do
    grep -q "^$word = nil\$\|^function $word(" nn.d.lua || fail "$word is not in nn.d.lua"
done <words

# A line of help for each word, a type and help for each option.
awk '/^nn\./ || /^function nn\./ { if (!help) print "no help: " $0; help = 0 }
     /^--- ./ { help = 1 }
     /^---@field / && !/\[integer\]/ && NF < 4 { print "no help: " $0 }' nn.d.lua >bare
[ ! -s bare ] || fail "$(cat bare)"
[ "$(grep -c '^---@field' nn.d.lua)" -ge 200 ] || fail "few options"

# Defaults, words to choose from, options that must be given, and those without a default.
while read -r line; do
    grep -qxF -- "$line" nn.d.lua || fail "missing: $line"
done <<'END'
---@field kernel integer|integer[] size of the kernel
---@field stride? integer|integer[] distance between neighbouring windows (default 1)
---@field reduction? "mean"|"none" the mean over the batch, or none: the values (default "mean")
---@field eps? number is added to the variance under the root (default 1e-5)
---@field ignore_index? integer a class that counts nothing
---@field lr? number|nn.Schedule|nn.Node the learning rate: a number or a schedule (default 0.001)
END

# Each word once, and Lua reads it.
sed -n 's/^function \(nn\.[a-z0-9_]*\)(.*/\1/p; s/^\(nn\.[a-z0-9_]*\) = nil$/\1/p' nn.d.lua | sort | uniq -d >twice
[ ! -s twice ] || fail "twice: $(cat twice)"
if command -v luac5.4 >/dev/null; then
    luac5.4 -p nn.d.lua || fail "luac cannot read nn.d.lua"
fi
# Annotations have the syntax of the language server, and each option of the page is there, with its default.
if command -v lua5.4 >/dev/null; then
    lua5.4 "$NNGEN_SOURCE/tests/golden/editor/annotations.lua" nn.d.lua "$NNGEN_SOURCE/docs/language.md" >found || fail "$(cat found)"
    sed 's/---@field kernel integer|integer\[\] size/---@field kernel integers size/; s/(default 0.5)/(default 0.6)/' nn.d.lua >bad
    ! lua5.4 "$NNGEN_SOURCE/tests/golden/editor/annotations.lua" bad "$NNGEN_SOURCE/docs/language.md" >found || fail "mistakes are not seen"
fi
if command -v lua-language-server >/dev/null; then
    mkdir library work
    cp nn.d.lua library
    cp "$NNGEN_SOURCE"/arch/*.lua work
    echo "{ \"workspace.library\": [\"$PWD/library\"] }" >work/.luarc.json
    lua-language-server --check "$PWD/work" --logpath "$PWD/log" >found 2>&1 || fail "$(cat found "$PWD"/log/*.json 2>/dev/null)"
fi
finish
