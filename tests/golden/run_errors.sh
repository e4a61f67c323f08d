#!/bin/sh
# Files with mistakes: for each errors/x.lua, errors/x.err is what nngen says on standard error, with
# status 1 and nothing on standard output. The path of nngen may be given as the first argument.
# A first line `-- nngen: OPTIONS` gives options; `-- part` marks a file that others require.
# NNGEN_UPDATE=1 writes the expectations anew.
if [ $# -gt 0 ]; then NNGEN=$(realpath "$1"); fi
. "$(dirname "$0")/../lib.sh"

# run OPTIONS... FILE: leaves $scratch/out and $scratch/err; status 1 and no output are a must.
run() {
    status=0
    timeout 60 "$NNGEN" "$@" >"$scratch/out" 2>"$scratch/err" || status=$?
    [ "$status" -eq 1 ] || fail "$*: status $status instead of 1"
    [ ! -s "$scratch/out" ] || fail "$*: output in spite of errors"
}

# says FILE WORDS: one line on standard error holds the words.
says() {
    run "$1"
    grep -qF -- "$2" "$scratch/err" || { cat "$scratch/err"; fail "$1: does not say: $2"; }
}

cd "$NNGEN_SOURCE/tests/golden/errors"
cases=0
for file in *.lua; do
    first=$(sed -n 1p "$file")
    case $first in "-- part"*) continue ;; esac
    # The thread sanitizer keeps the timer's signal back while Lua's library is busy.
    case ${NNGEN_SANITIZED:-}:$file in thread:sandbox-pattern.lua) continue ;; esac
    cases=$((cases + 1))
    # shellcheck disable=SC2046
    run $(echo "$first" | sed -n 's/^-- nngen: *//p') "$file"
    expected=${file%.lua}.err
    if [ -n "${NNGEN_UPDATE:-}" ]; then
        cmp -s "$scratch/err" "$expected" || { cp "$scratch/err" "$expected"; echo "new: $expected"; }
    elif ! diff -u "$expected" "$scratch/err"; then
        fail "$file"
    fi
done
[ "$cases" -ge 40 ] || fail "only $cases cases"

# Files that cannot lie in a repository.
cd "$scratch"
says missing.lua 'missing.lua: error: cannot open missing.lua: No such file or directory'
mkdir folder.lua
says folder.lua 'cannot read folder.lua: it is a folder'
mkfifo pipe.lua
says pipe.lua 'cannot read pipe.lua: it is not a regular file'
printf '\033Lua\124' >compiled.lua
says compiled.lua 'is a precompiled chunk; only Lua text is allowed'
printf '\357\273\277\033Lua\124' >marked.lua
says marked.lua 'is a precompiled chunk; only Lua text is allowed'
printf '#!/usr/bin/lua\n\033Lua\124' >script.lua
says script.lua "script.lua:2: error: unexpected symbol near '<\\27>'"
printf '\357\273\277#!/usr/bin/lua\r\n\r\nlocal x = y.z\r\n' >windows.lua
says windows.lua 'windows.lua:3: error: there is no variable `y`'
printf 'return 1\0' >zero.lua
says zero.lua 'is not a text: it has a zero byte'
head -c 2000000 /dev/zero | tr '\0' ' ' >large.lua
says large.lua 'it is larger than 1 MiB'
: >empty.lua
says empty.lua 'returns nothing; an architecture ends with `return nn.model { ... }`'
echo 'return 1' >readable.lua
mkdir inner
ln -s ../readable.lua inner/link.lua
echo 'require "link"' >inner/uses-link.lua
says inner/uses-link.lua 'inner/uses-link.lua:1: error: cannot open inner/link.lua: it is a symbolic link'
echo 'require "compiled"' >uses-compiled.lua
says uses-compiled.lua 'is a precompiled chunk; only Lua text is allowed'
long=$(printf '%0120d' 7)
mkdir "$long"
echo 'local x = {} + 1' >"$long/far.lua"
says "$long/far.lua" "$long/far.lua:1: error: attempt to perform arithmetic on a table value"
if [ "$(id -u)" -ne 0 ]; then
    chmod 0 readable.lua
    says readable.lua 'cannot open readable.lua: Permission denied'
fi
finish
