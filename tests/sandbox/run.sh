#!/bin/sh
# Hostile architectures: each ends within seconds, within its memory and with no effect outside.
# A first line `-- error: WORDS` wants status 1, a located message with these words and nothing on
# standard output; `-- harmless` wants status 0 and C that compiles. The path of nngen may be given
# as the first argument, names of cases after it.
if [ $# -gt 0 ]; then NNGEN=$(realpath "$1"); shift; fi
. "$(dirname "$0")/../lib.sh"

seconds=10 # of processor time: the machine may be busy
kib=1500000 # 256 MiB for the file, the rest for what nngen makes of it
[ -z "${NNGEN_SANITIZED:-}" ] || { seconds=120; kib=unlimited; }

mkdir "$scratch/files"
cp "$NNGEN_SOURCE"/tests/sandbox/*.lua "$scratch/files"
cd "$scratch/files"
HOME=$scratch/files TMPDIR=$scratch/files
[ -z "${NNGEN_SANITIZED:-}" ] || TMPDIR=$scratch # for a file of the thread sanitizer's own
export HOME TMPDIR

outside() { find . -exec ls -ld --time-style=full-iso {} + | sort; }

# attack FILE KIND WORDS
cases=0
attack() {
    cases=$((cases + 1))
    outside >"$scratch/before"
    status=0
    (ulimit -v "$kib" && ulimit -t "$seconds" && exec timeout -s KILL $((12 * seconds)) "$NNGEN" "$1") \
        >"$scratch/out.c" 2>"$scratch/err" </dev/null || status=$?
    outside | cmp -s - "$scratch/before" || fail "$1: has an effect outside"
    [ "$(wc -c <"$scratch/err")" -lt 30000 ] || fail "$1: says too much"
    if LC_ALL=C tr -d '\t\n' <"$scratch/err" | LC_ALL=C grep -q '[[:cntrl:]]'; then
        fail "$1: control characters in messages"
    fi
    if [ "$2" = harmless ]; then
        [ "$status" -eq 0 ] || { cat "$scratch/err"; fail "$1: status $status instead of 0"; return; }
        "$NNGEN_CC" -std=c11 -fsyntax-only -Wall -Werror -Wcomment -Wtrigraphs -Wunknown-escape-sequence \
            -I"$NNGEN_SOURCE/runtime" "$scratch/out.c" || fail "$1: makes C with warnings"
        return
    fi
    [ "$status" -eq 1 ] || fail "$1: status $status instead of 1"
    [ ! -s "$scratch/out.c" ] || fail "$1: output in spite of errors"
    grep -qE '^[^:]+(:[0-9]+)?: error: ' "$scratch/err" || fail "$1: no place"
    [ -z "${NNGEN_SANITIZED:-}" ] || set -- "$1" "$2" "$3
the file runs too long" # slower, so another limit may be hit first
    grep -qF -e "$3" "$scratch/err" || { head -c 1000 "$scratch/err"; fail "$1: does not say: $3"; }
}

# hostile FILE: the case that its first line describes.
hostile() {
    # The thread sanitizer keeps the timer's signal back while Lua's library is busy.
    case ${NNGEN_SANITIZED:-}:$1 in thread:move-for-ever.lua | thread:pattern-gsub.lua) return ;; esac
    case $(sed -n 1p "$1") in
    "-- harmless") attack "$1" harmless ;;
    "-- error: "*) attack "$1" error "$(sed -n '1s/^-- error: //p' "$1")" ;;
    *) fail "$1: the first line does not say what is expected" ;;
    esac
}

if [ $# -gt 0 ]; then
    for name; do hostile "$name.lua"; done
    finish
fi
for file in *.lua; do hostile "$file"; done

# repeat COUNT TEXT: the text that many times in a line.
repeat() { yes "$2" | head -n "$1" | tr -d '\n'; }

{ printf 'local x = '; repeat 100000 '('; } >brackets.lua; attack brackets.lua error 'nested too deeply'
{ printf 'local x = '; repeat 100000 '{'; } >braces.lua; attack braces.lua error 'nested too deeply'
{ printf 'local x = '; repeat 100000 'not '; echo 1; } >operators.lua; attack operators.lua error 'nested too deeply'
{ printf 'local x = "a"'; repeat 100000 '.."a"'; } >joined.lua; attack joined.lua error 'nested too deeply'
{ repeat 100000 'do '; } >blocks.lua; attack blocks.lua error 'nested too deeply'
{ printf 'local x = '; repeat 50000 'function() return '; } >functions.lua; attack functions.lua error 'nested too deeply'
{ repeat 300 'local a; '; } >locals.lua; attack locals.lua error 'too many local variables'
{ printf 'local x = '; repeat 900000 x; } >identifier.lua; attack identifier.lua error 'there is no variable `xxx'
{ printf 'local t = {'; repeat 200000 '{},'; echo '} t.x.y = 1'; } >table.lua; attack table.lua error 'attempt to index a nil value'
{ printf 'local x = "'; repeat 100000 '\\z '; } >string.lua; attack string.lua error 'unfinished string'
{ printf 'local x = 0x'; repeat 900000 f; echo ' + nil'; } >number.lua; attack number.lua error 'attempt to perform arithmetic'
{ printf 'goto '; repeat 900000 x; } >label.lua; attack label.lua error 'no visible label'
{ printf 'x = 1 --[['; repeat 900000 '='; } >comment.lua; attack comment.lua error 'unfinished long comment'
printf 'local caf\303\251 = 1\n' >letters.lua; attack letters.lua error 'unexpected symbol'
printf 'error("x")\r\r\n\f\v -- \33[31m \302\233 \342\200\256\n' >controls.lua
attack controls.lua error ': x'

# What a file may require.
mkdir parts
cd parts
mkfifo pipe.lua
mkdir folder.lua
ln -s /dev/zero device.lua
ln -s ../env-replaced.lua link.lua
ln -s . loop
printf '\33LuaT\0\31\223\r\n\32\n' >bytecode.lua
repeat 2000000 ' ' >large.lua
cat >require.lua <<'END'
for _, name in ipairs { "folder", "device", "link", "bytecode", "large", "loop", "loop-link", "pipe" } do
  require(name)
end
END
attack require.lua error 'it is not a regular file'
attack loop/loop/loop/require.lua error 'it is a symbolic link'
attack pipe.lua error 'it is not a regular file'
attack device.lua error 'it is not a regular file'
cd ..

# Files whose names would be C, or commands.
for name in 'x*' '"; int evil = 1; "' 'x\' 'x\n' "x
#error evil" '%s%n%d' '??' '$(touch evil)' '`touch evil`' '-o evil' '; touch evil' "$(printf '\33[31m\302\233')"; do
    cp graph-schedule.lua "./$name.lua"
    attack "./$name.lua" harmless
    cp names-code.lua "./$name.lua"
    attack "./$name.lua" error 'must have 1 to 64 letters'
done

echo "$cases cases"
[ "$cases" -ge 40 ] || fail "only $cases cases"
finish
