#!/bin/sh
# Architectures with the odd shapes of tests/models: agree with the interpreter on every instruction
# set, AVX-512 in plain C (soft/immintrin.h) where the machine has none, and with the same errors to
# the last digit.
. "$(dirname "$0")/../lib.sh"
[ -z "${NNGEN_SANITIZED:-}" ] || skip "the libraries are built with sanitizers"
[ "$(uname -m)" = x86_64 ] || skip "only for x86-64"
grep -qs avx2 /proc/cpuinfo || skip "no AVX2 here"
need_tools clang

generated=$scratch
soft="-w -mavx2 -mfma -I$NNGEN_SOURCE/tests/isa/soft"

# verdict PROGRAM ISA: the errors, to compare.
verdict() { "$1" check --json --quiet --isa "$2" | sed 's/"isa":"[^"]*"//'; }

for file in "$NNGEN_SOURCE"/tests/models/*.lua; do
    model=$(basename "$file" .lua)
    "$NNGEN" -o "$scratch/$model.c" "$file" || { fail "$model: nngen: status $?"; continue; }
    compile_model clang "$model" "$scratch/$model" -O1 || { fail "$model: not compiled"; continue; }
    # shellcheck disable=SC2086
    compile_model clang "$model" "$scratch/$model-soft" -O1 $soft ||
        { fail "$model: soft: not compiled"; continue; }
    verdict "$scratch/$model" avx2 >"$scratch/first" || fail "$model: avx2: $(cat "$scratch/first")"
    grep -q '"ok":true' "$scratch/first" || fail "$model: avx2: $(cat "$scratch/first")"
    verdict "$scratch/$model" portable | cmp - "$scratch/first" || fail "$model: portable differs"
    verdict "$scratch/$model-soft" avx512 | cmp - "$scratch/first" || fail "$model: avx512 differs"
done
finish
