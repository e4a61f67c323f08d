#!/bin/sh
# `--depfile`: the rule that make reads has the architecture and its parts, whatever they are called.
. "$(dirname "$0")/../lib.sh"
cd "$scratch"
# shellcheck disable=SC2016
folder='a folder #1 $x \ y'
mkdir "$folder"
cat >"$folder/part-1.lua" <<'END'
local nn = require "nn"
return { net = nn.linear { name = "fc", out = 3 } }
END
cat >"$folder/net.lua" <<'END'
local nn = require "nn"
local part = require "part-1"
local x, y = nn.input("x", {4}), nn.label("y", 3)
return nn.model {
  train = { epochs = 1, batch = 4, optimizer = nn.sgd {}, loss = nn.cross_entropy(part.net(x), y) },
}
END
"$NNGEN" -o out.c --depfile out.d "$folder/net.lua" || fail "status $?"
if command -v make >/dev/null; then
    printf 'all: out.c\nout.c:\n\techo made >>log\ninclude out.d\n' >makefile
    touch -d '2001-01-01' "$folder/net.lua" "$folder/part-1.lua"
    make >/dev/null 2>err || fail "make: $(cat err)"
    [ ! -e log ] || fail "made without need"
    for file in net part-1; do
        touch -d '2100-01-01' "$folder/$file.lua"
        rm -f log
        make >/dev/null 2>err || fail "make: $(cat err)"
        [ -e log ] || fail "$file.lua is newer, and out.c is not made: $(cat out.d)"
        touch -d '2001-01-01' "$folder/$file.lua"
    done
fi
"$NNGEN" -o 'my out$.c' --depfile out.d "$folder/net.lua" || fail "status $?"
grep -qF 'my\ out$$.c: ' out.d || fail "the target: $(cat out.d)"

# Where nothing is made there is no rule.
rm out.d
echo 'return 1' >wrong.lua
! "$NNGEN" -o wrong.c --depfile wrong.d wrong.lua 2>err || fail "wrong.lua was accepted"
[ ! -e wrong.d ] || fail "a rule for what is not there"
for bad in "--depfile out.d" "-o - --depfile out.d" "-o x.c --depfile x.c" "-o x.c --depfile x.h"; do
    status=0
    # shellcheck disable=SC2086
    "$NNGEN" $bad "$folder/net.lua" >out 2>err || status=$?
    [ "$status" -eq 2 ] || fail "$bad: status $status"
    [ ! -e out.d ] && [ ! -e x.c ] || fail "$bad: wrote a file"
done
finish
