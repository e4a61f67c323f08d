#!/bin/sh
# Every function of the instruction sets' vocabularies gives the same bits on all of them, with any
# compiler and any contraction, and is as exact as it says.
. "$(dirname "$0")/../lib.sh"
[ -x "${VOCABULARY:-}" ] || { echo "the program that writes the vocabulary was not built"; exit 1; }

first=
# soft is the vocabulary of AVX-512 out of pairs of AVX2 registers: see soft/immintrin.h.
for isa in portable avx2 avx512 soft; do
    needs=$isa of=$isa soft=
    case $isa in
    portable) needs= ;;
    avx512) needs=avx512vl ;;
    soft) needs=avx2 of=avx512 soft="-mavx2 -mfma -I$NNGEN_SOURCE/tests/isa/soft" ;;
    esac
    "$VOCABULARY" $of >"$scratch/$isa.c" || { fail "$isa: nothing written"; continue; }
    if [ -n "$needs" ] && ! grep -qs "$needs" /proc/cpuinfo; then
        echo "no $isa here"
        continue
    fi
    while read -r cc flags; do
        command -v "$cc" >/dev/null || continue
        # shellcheck disable=SC2086
        "$cc" -std=gnu11 -w $flags $soft -I"$NNGEN_SOURCE/tests/isa" "$scratch/$isa.c" -lm -o "$scratch/program" ||
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
