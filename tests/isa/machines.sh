#!/bin/sh
# Code for other machines, run by qemu, computes the bits that this machine's code computes: losses,
# gradients, subnormal ones too, parameters after some steps, metrics and predictions of the networks of
# arch/ and of random ones, on every instruction set and with several tasks. A compiler for AArch64 and a
# floating-point contraction for each network by turns; with NNGEN_ALL=1 all compilers. NNGEN_SEED,
# NNGEN_FIRST and NNGEN_CASES choose other random networks.
. "$(dirname "$0")/../lib.sh"
[ -z "${NNGEN_SANITIZED:-}" ] || skip "brings its own programs"
need_tools clang
cross_compilers >"$scratch/compilers"
[ -s "$scratch/compilers" ] || skip "no compiler, C library or qemu for aarch64"
many=$(($(wc -l <"$scratch/compilers")))

seed=${NNGEN_SEED:-1}
first=${NNGEN_FIRST:-0}
cases=${NNGEN_CASES:-3}
echo "seed $seed, graphs $first to $((first + cases - 1))"
# shellcheck disable=SC2086
clang -std=c11 -O1 -I"$NNGEN_SOURCE" "$NNGEN_SOURCE"/tests/fuzz/architecture*.c $NNGEN_LIBRARIES \
    -ljansson -lz -lpthread -lm -o "$scratch/architecture"

# exercised COMPILER SYMBOL FLAGS AND FILES...: what the program says.
exercised() {
    cc=$1 symbol=$2
    shift 2
    # shellcheck disable=SC2086
    $cc -std=c11 -O1 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -DALONE -DNN_MODEL_SYMBOL="$symbol" \
        -I"$NNGEN_SOURCE" -I"$NNGEN_SOURCE/runtime" "$NNGEN_SOURCE/tests/trust/exercise.c" \
        "$NNGEN_SOURCE/runtime/digits_draw.c" "$@" -lm -o "$scratch/program" ||
        { echo "not compiled"; return; }
    run_made_by "$cc" "$scratch/program" || echo "status $?"
}

turn=0
# compare NAME SYMBOL NATIVE FOREIGN [FLAG]: the code for this machine, the file that is compiled for
# others.
compare() {
    # shellcheck disable=SC2086
    exercised clang "$2" "$3" ${5:-} >"$scratch/wanted"
    grep -q '^batch 67: ' "$scratch/wanted" || { fail "$1: $(cat "$scratch/wanted")"; return; }
    turn=$((turn + 1)) number=0
    case $((turn / many % 2)) in 0) contraction=off ;; *) contraction=fast ;; esac
    while read -r cross; do
        number=$((number + 1))
        [ -n "${NNGEN_ALL:-}" ] || [ $((turn % many + 1)) -eq $number ] || continue
        # shellcheck disable=SC2086
        exercised "$cross" "$2" -ffp-contract=$contraction ${5:-} "$4" >"$scratch/got"
        diff "$scratch/wanted" "$scratch/got" || fail "$1: $cross: other bits"
    done <"$scratch/compilers"
}

# Portable code is slow there: the random networks have it.
special=$(known_isas | grep -v portable | paste -s -d ,)
for model in $NNGEN_MODELS; do
    "$NNGEN" --isa="$special" -o "$scratch/net.c" "$NNGEN_SOURCE/arch/$model.lua" ||
        { fail "$model: nngen: status $?"; continue; }
    compare "$model" "nn_model_$(echo "$model" | tr - _)" "$NNGEN_BUILD/lib${model}_model.a" "$scratch/net.c"
done
i=$first
while [ "$i" -lt $((first + cases)) ]; do
    number=$((seed * 100000 + i))
    i=$((i + 1))
    "$scratch/architecture" "$number" >"$scratch/net.lua"
    "$NNGEN" -o "$scratch/net.c" "$scratch/net.lua" || { fail "architecture $number: nngen: status $?"; continue; }
    compare "architecture $number" nn_model_fuzz "$scratch/net.c" "$scratch/net.c"
    compare "architecture $number, subnormal" nn_model_fuzz "$scratch/net.c" "$scratch/net.c" -DSCALE=1e-39f
done
finish
