#!/bin/sh
# The same bits whatever the caller's rounding and flushing, on every instruction set and CPU: here, and
# AArch64 and RISC-V under qemu where there are compilers for them. Each program compares its own runs.
. "$(dirname "$0")/../lib.sh"
"$NNGEN" -o "$scratch/environment.c" "$NNGEN_SOURCE/tests/isa/environment.lua" || fail "nngen: status $?"

# try RUN COMPILER FLAGS...
try() {
    run=$1
    shift
    # shellcheck disable=SC2086
    $1 -std=c11 -O2 -static -I"$NNGEN_SOURCE" -I"$NNGEN_SOURCE/runtime" \
        -DNN_MODEL_SYMBOL=nn_model_environment "$scratch/environment.c" \
        "$NNGEN_SOURCE/tests/isa/environment.c" -lm -o "$scratch/program" || { fail "$1: not compiled"; return; }
    $run "$scratch/program" >"$scratch/bits" || fail "$1: $(grep FAILED "$scratch/bits")"
    [ -e "$scratch/first" ] || cp "$scratch/bits" "$scratch/first"
    diff "$scratch/first" "$scratch/bits" || fail "$1: other bits"
}

try "" "$NNGEN_CC"
cross=$(cross_compilers | head -n 1)
[ -z "$cross" ] || try qemu-aarch64 "$cross"
if command -v riscv64-linux-gnu-gcc >/dev/null && command -v qemu-riscv64 >/dev/null; then
    try qemu-riscv64 riscv64-linux-gnu-gcc
else
    echo "no compiler or emulator for RISC-V here"
fi
finish
