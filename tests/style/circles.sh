#!/bin/sh
# Files call each other in one direction: the calls between the object files of compiler/, common/, runtime/
# and convert/ make no circle. In compiler/lua the names that a file exports begin with the file's name.
. "$(dirname "$0")/../lib.sh"
need_tools nm
cd "$NNGEN_SOURCE"

# "FILE FILE": calls from the first to the second that are allowed to close a circle.
allowed='
compiler/kernels/contract_places.c compiler/kernels/contract.c
compiler/kernels/pointwise.c compiler/kernels/families.c
compiler/kernels/pooled_wgrad.c compiler/kernels/families.c
compiler/kernels/winograd.c compiler/kernels/families.c
'

# Lines "name FILE": what the object files define for others, and what they want from them.
find "$NNGEN_BUILD/CMakeFiles" "$NNGEN_BUILD/convert" -name '*.c.o' -exec nm -A -g {} + 2>/dev/null |
    sed -n 's|^[^:]*/convert/CMakeFiles/[^:]*[.]dir/|.dir/convert/|; s|^[^:]*[.]dir/\([^:]*[.]c\)[.]o:|\1 |p' |
    while read -r file rest; do
        case $file in compiler/* | common/* | runtime/* | convert/*) [ ! -e "$file" ] || echo "$file $rest" ;; esac
    done >"$scratch/names"
awk '$(NF - 1) != "U" { print $NF, $1 }' "$scratch/names" >"$scratch/defined"
awk '$(NF - 1) == "U" { print $NF, $1 }' "$scratch/names" >"$scratch/wanted"
[ -s "$scratch/defined" ] || skip "there are no object files"

sort -u "$scratch/defined" >"$scratch/defined.sorted"
sort -u "$scratch/wanted" >"$scratch/wanted.sorted"
join -o 1.2,2.2 "$scratch/wanted.sorted" "$scratch/defined.sorted" | awk '$1 != $2' | sort -u >"$scratch/calls"
[ "$(wc -l <"$scratch/calls")" -gt 100 ] || fail "only $(wc -l <"$scratch/calls") calls between files are found"
echo "$allowed" | sed '/^$/d' >"$scratch/allowed"
grep -vxFf "$scratch/allowed" "$scratch/calls" >"$scratch/checked"
if ! tsort "$scratch/checked" >/dev/null 2>"$scratch/circles"; then
    sed 's/^tsort: //' "$scratch/circles"
    fail "files call each other in a circle"
fi
# A circle that is open needs no line.
while read -r from to; do
    { cat "$scratch/checked"; echo "$from $to"; } | tsort >/dev/null 2>&1 &&
        fail "$from may call $to without closing a circle: take it off the list"
done <"$scratch/allowed"

while read -r name file; do
    case $file in
    compiler/lua/*)
        module=$(basename "$file" .c)
        case $name in
        "${module}_"*) ;;
        *) fail "$file exports $name; its names begin with ${module}_" ;;
        esac
        ;;
    esac
done <"$scratch/defined.sorted"
finish
