#!/bin/sh
# Every word of the instruction sets' vocabularies gives the same bits on all of them, with any
# compiler and any contraction, and is as exact as it says. The files are C without warnings.
. "$(dirname "$0")/../lib.sh"
vocabulary=$NNGEN_SOURCE/compiler/isa/vocabulary tested=$NNGEN_SOURCE/tests/isa/vocabulary.c

# The test names every word. V_IS is for other words; ROW has as many operands as a row has registers,
# MAC<n> works on sums that are named: kernels test them.
words=$(sed -nE -e 's/^(FN|static) .*\b([A-Z0-9_]+)\(.*/\2/p' -e 's/^#define ([A-Z0-9_]+)\(.*/\1/p' \
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
    for isa in $(known_isas); do
        grep -qE "^(FN|static|#define|FUSED|ONE|TWO|INT|SHIFT).*\b$word\b" "$vocabulary/$isa.h" \
            "$vocabulary/common.h" "$NNGEN_SOURCE/compiler/emit/prelude.h" || fail "$isa has no $word"
    done
done

"$NNGEN" --inference -o "$scratch/net.c" "$NNGEN_SOURCE/tests/trust/small.lua" || { fail "nngen: status $?"; finish; }

tried= first=
# try ISA OF SUPPORTED COMPILER FLAGS...: OF's vocabulary gives the bits of all others.
try() {
    isa=$1 of=$2 supported=$3 cc=$4
    shift 4
    # shellcheck disable=SC2086
    $cc -std=c11 -O2 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror "$@" -I"$vocabulary" \
        -DVOCABULARY="\"$of.h\"" -DSUPPORTED="$supported" "$tested" -lm -o "$scratch/program" ||
        { fail "$isa: $cc $*"; return; }
    status=0
    run_made_by "$cc" "$scratch/program" >"$scratch/bits" || status=$?
    case $status in
    0) tried="$tried $isa " ;;
    77) return ;;
    *) grep FAILED "$scratch/bits" | sort -u; fail "$isa: $cc $*: status $status" ;;
    esac
    if [ -z "$first" ]; then
        first=$isa
        cp "$scratch/bits" "$scratch/first"
        run_made_by "$cc" "$scratch/program" error || fail "$isa: errors above the bound"
    fi
    diff "$scratch/first" "$scratch/bits" || fail "$isa, $cc $*: other bits than $first"
}

compilers >"$scratch/compilers"
while read -r cc; do
    compiled_isas "$cc" "$scratch/net.c" >"$scratch/isas"
    [ -s "$scratch/isas" ] || fail "$cc compiles no instruction set"
    for contraction in off fast; do
        while read -r isa supported; do
            try "$isa" "$isa" "$supported" "$cc" -ffp-contract=$contraction
        done <"$scratch/isas"
        # The vocabulary of AVX-512 out of pairs of AVX2 registers: see soft/immintrin.h.
        if grep -q ^avx512 "$scratch/isas" && grep -qs avx2 /proc/cpuinfo; then
            try soft avx512 1 "$cc" -ffp-contract=$contraction -w -mavx2 -mfma -I"$NNGEN_SOURCE/tests/isa/soft"
        fi
    done
done <"$scratch/compilers"
for isa in $(known_isas); do
    case $tried in *" $isa "*) ;; *) echo "no machine with $isa here" ;; esac
done
finish
