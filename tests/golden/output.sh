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
for file in *; do
    case $file in *.tmp*) fail "$file was left behind" ;; esac
done
finish
