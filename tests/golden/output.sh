#!/bin/sh
# Where `-o` writes: into a link's target, through what is no file, and nothing at all when it fails.
. "$(dirname "$0")/../lib.sh"
arch=$NNGEN_SOURCE/arch/mlp.lua
cd "$scratch"
"$NNGEN" "$arch" >expected.c

echo old >target.c
ln -s target.c link.c
"$NNGEN" -o link.c "$arch" || fail "link: status $?"
[ -L link.c ] || fail "the link was replaced"
cmp expected.c target.c || fail "the target of the link is wrong"

mkfifo pipe
cat pipe >got.c &
"$NNGEN" -o pipe "$arch" || fail "pipe: status $?"
if [ -p pipe ]; then wait; else fail "the pipe was replaced"; kill $!; fi
cmp expected.c got.c || fail "what came through the pipe is wrong"

echo old >kept.c
echo 'return 1' >wrong.lua
if "$NNGEN" -o kept.c wrong.lua 2>/dev/null; then fail "a wrong file was accepted"; fi
[ "$(cat kept.c)" = old ] || fail "a failure changed the file"
if [ -c /dev/full ]; then
    if "$NNGEN" -o /dev/full "$arch" 2>full.err; then fail "a full device was written"; fi
    grep -q "No space" full.err || fail "full device: $(cat full.err)"
fi
# C goes to a terminal only where that is asked for; other texts are for people.
if command -v script >/dev/null && script -qec true /dev/null >/dev/null 2>&1; then
    status=0
    script -qec "'$NNGEN' '$arch'" /dev/null >shown || status=$?
    [ "$status" -eq 2 ] || fail "C on a terminal: status $status"
    grep -q -- '-o - shows it here' shown || fail "C on a terminal: $(head -n 3 shown)"
    script -qec "'$NNGEN' -o - '$arch'" /dev/null | tr -d '\r' >shown || fail "-o -: status $?"
    cmp expected.c shown || fail "-o - on a terminal is wrong"
    script -qec "'$NNGEN' --emit=summary '$arch'" /dev/null >shown || fail "summary: status $?"
fi
"$NNGEN" -o - "$arch" | cmp expected.c - || fail "-o - is wrong"
[ ! -e ./- ] || fail "-o - made a file"

for file in * .*.tmp; do
    case $file in '.*.tmp') ;; *.tmp*) fail "$file was left behind" ;; esac
done
finish
