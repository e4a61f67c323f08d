#!/bin/sh
# Every function of the instruction sets' vocabularies gives the same bits on all of them, with any
# compiler and any contraction, and is as exact as it says.
. "$(dirname "$0")/../lib.sh"
[ -x "${VOCABULARY:-}" ] || { echo "the program that writes the vocabulary was not built"; exit 1; }

first=
for isa in portable avx2 avx512; do
    "$VOCABULARY" $isa >"$scratch/$isa.c" || { fail "$isa: nothing written"; continue; }
    case $isa in
    portable) ;;
    avx512) grep -qs avx512vl /proc/cpuinfo || { echo "no $isa here"; continue; } ;;
    *) grep -qs "$isa" /proc/cpuinfo || { echo "no $isa here"; continue; } ;;
    esac
    while read -r cc flags; do
        command -v "$cc" >/dev/null || continue
        # shellcheck disable=SC2086
        "$cc" -std=gnu11 -w $flags "$scratch/$isa.c" -lm -o "$scratch/program" ||
            { fail "$isa: $cc $flags"; continue; }
        "$scratch/program" >"$scratch/bits" || fail "$isa: status $?"
        if [ -z "$first" ]; then
            first=$isa
            cp "$scratch/bits" "$scratch/first"
            "$scratch/program" error || fail "$isa: errors above the bound"
        fi
        diff "$scratch/first" "$scratch/bits" || fail "$isa, $cc $flags: other bits than $first"
    done <<END
clang -O2
clang -O2 -ffp-contract=fast
gcc -O2 -ffp-contract=off
gcc -O2 -ffp-contract=fast
END
done
finish
