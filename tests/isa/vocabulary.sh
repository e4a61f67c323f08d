#!/bin/sh
# Every word of the instruction sets' vocabularies gives the same bits on all of them, with any
# compiler and any contraction, and is as exact as it says. The files are C without warnings.
. "$(dirname "$0")/../lib.sh"
vocabulary=$NNGEN_SOURCE/compiler/isa/vocabulary tested=$NNGEN_SOURCE/tests/isa/vocabulary.c

# The test names every word. V_IS is for other words; ROW has as many operands as a row has registers,
# MAC<n> works on sums that are named: kernels test them.
words=$(sed -nE -e 's/^FN [A-Za-z0-9]+ ([A-Z0-9_]+)\(.*/\1/p' -e 's/^#define ([A-Z0-9_]+)\(.*/\1/p' \
    "$vocabulary/avx512.h" "$vocabulary/common.h")
[ "$(echo "$words" | wc -l)" -gt 60 ] || fail "words are not found"
for word in $words; do
    case $word in
    V_IS | ROW | MAC | MAC[0-9]* | SUM | SUMS[0-9]*) ;;
    *) grep -q "\b$word(" "$tested" || fail "$word is not tested" ;;
    esac
done

# Loop programs may use no word that an instruction set lacks.
for word in $(sed -n 's/^WORD(\([A-Za-z0-9_]*\),.*/\1/p' "$NNGEN_SOURCE/compiler/loops/words.def" |
    grep -v '^__builtin'); do
    for isa in portable avx2 avx512; do
        grep -qE "^(FN|static|#define|FUSED|ONE|TWO|INT|SHIFT).*\b$word\b" "$vocabulary/$isa.h" \
            "$vocabulary/common.h" "$NNGEN_SOURCE/compiler/emit/prelude.h" || fail "$isa has no $word"
    done
done

first=
# soft is the vocabulary of AVX-512 out of pairs of AVX2 registers: see soft/immintrin.h.
for isa in portable avx2 avx512 soft; do
    needs=$isa of=$isa soft=
    case $isa in
    portable) needs= ;;
    avx512) needs=avx512vl ;;
    soft) needs=avx2 of=avx512 soft="-w -mavx2 -mfma -I$NNGEN_SOURCE/tests/isa/soft" ;;
    esac
    [ -z "$needs" ] || [ "$(uname -m)" = x86_64 ] || continue
    while read -r cc flags; do
        command -v "$cc" >/dev/null || continue
        # shellcheck disable=SC2086
        "$cc" -std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror $flags $soft \
            -I"$vocabulary" -DVOCABULARY="\"$of.h\"" "$tested" -lm -o "$scratch/program" ||
            { fail "$isa: $cc $flags"; continue; }
        [ -z "$needs" ] || grep -qs "$needs" /proc/cpuinfo || { echo "no $isa here"; continue; }
        "$scratch/program" >"$scratch/bits" ||
            { grep FAILED "$scratch/bits" | sort -u; fail "$isa: $cc $flags"; }
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
