#!/bin/sh
# All C files have the form that .clang-format says.
. "$(dirname "$0")/../lib.sh"
need_tools clang-format
version=$(clang-format --version | sed -n 's/.*version \([0-9]*\).*/\1/p')
[ "${version:-0}" -eq 14 ] || skip "forms differ between versions: clang-format 14 is wanted, here is $version"

cd "$NNGEN_SOURCE"
tracked | grep '[.][ch]$' | grep -v '^tests/golden/' >"$scratch/files" || true
while read -r file; do
    [ -e "$file" ] || continue
    clang-format --dry-run -Werror "$file" 2>"$scratch/out" ||
        { head -n 6 "$scratch/out"; fail "$file"; }
done <"$scratch/files"
finish
