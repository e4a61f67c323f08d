#!/bin/sh
# Each mutant changes its file: run.sh tries some of them, and those that others' changes passed by would not be missed.
. "$(dirname "$0")/../lib.sh"
cd "$NNGEN_SOURCE"
grep -v '^#' tests/mutation/mutants.txt >"$scratch/mutants"
tab=$(printf '\t')
while IFS="$tab" read -r kind file change; do
    ! sed "$change" "$file" | cmp -s - "$file" || fail "a mutant, $kind, changes nothing: $file: $change"
done <"$scratch/mutants"
finish
