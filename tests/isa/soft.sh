#!/bin/sh
# The AVX-512 code of some models in plain C (soft/immintrin.h), so that it runs on machines without
# the instructions: agrees with the interpreter, and trains to the bits that other code trains to.
. "$(dirname "$0")/../lib.sh"
[ -z "${NNGEN_SANITIZED:-}" ] || skip "the libraries are built with sanitizers"
[ "$(uname -m)" = x86_64 ] || skip "only for x86-64"
grep -qs avx2 /proc/cpuinfo || skip "no AVX2 here"
need_tools clang

small_digits "$scratch/data"

# train PROGRAM NAME OPTIONS...: leaves the parameters in $scratch/NAME.bits.
train() {
    program=$1 name=$2
    shift 2
    "$program" train --quiet --data "$scratch/data" --pairs 37 --val-pairs 5 --test-pairs 5 \
        --batch 16 --epochs 1 --rounds 1 --seed 4 --save "$scratch/$name.safetensors" "$@" \
        >/dev/null || { fail "$name: status $?"; return 1; }
    tensors "$scratch/$name.safetensors" >"$scratch/$name.bits"
}

for model in aux residual mlp; do
    "$NNGEN" --isa=avx512,portable -o "$scratch/$model.c" "$NNGEN_SOURCE/arch/$model.lua" ||
        { fail "$model: nngen: status $?"; continue; }
    generated=$scratch
    compile_model clang "$model" "$scratch/$model" -O1 -w -mavx2 -mfma \
        -I"$NNGEN_SOURCE/tests/isa/soft" || { fail "$model: not compiled"; continue; }
    "$scratch/$model" check --quiet --isa avx512 || fail "$model: check: status $?"
    train "$scratch/$model" "$model-soft" --isa avx512 || continue
    train "$(program "$model")" "$model-avx2" --isa avx2 || continue
    [ -s "$scratch/$model-soft.bits" ] || fail "$model: no parameters"
    cmp "$scratch/$model-soft.bits" "$scratch/$model-avx2.bits" || fail "$model: parameters differ"
done
finish
