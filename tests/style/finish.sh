#!/bin/sh
# A test script ends with `finish`, without which its failures count nothing.
. "$(dirname "$0")/../lib.sh"
cd "$NNGEN_SOURCE"
tracked | grep '^tests/.*/.*[.]sh$' | grep -vx 'tests/pytorch/run.sh' >"$scratch/files"
[ -s "$scratch/files" ] || fail "there are no scripts"
while read -r script; do
    [ ! -e "$script" ] || [ "$(tail -n 1 "$script")" = finish ] || fail "$script does not end with finish"
done <"$scratch/files"
finish
