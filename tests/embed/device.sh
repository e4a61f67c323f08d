#!/bin/sh
# A network and its weights as one C file, on machines without a C library: the bits of this machine for the
# bytes of digits, under qemu.
. "$(dirname "$0")/../lib.sh"
[ -z "${NNGEN_SANITIZED:-}" ] || skip "the code runs on other machines"
cd "$scratch"
here=$NNGEN_SOURCE/tests/embed
cp "$here/digit.lua" .
CC=$NNGEN_CC
export CC
"$NNGEN" build digit.lua && ./digit train --data synthetic --quiet --save weights.safetensors >said 2>&1 &&
    "$NNGEN" --inference --isa=portable --weights weights.safetensors -o digit.c digit.lua || fail "no network: $(cat said)"
"$NNGEN_CC" -std=c11 -O2 -DNDEBUG -I. -I"$NNGEN_SOURCE/runtime" -include stdio.h "$here/device.c" digit.c -lm -o host ||
    fail "host: status $?"
# Pictures of any bytes will do.
for i in 1 2 3; do
    awk -v i=$i 'BEGIN { srand(i); for (k = 0; k < 784; k++) printf "%c", 1 + int(rand() * 120) }' | head -c 784 >picture.$i
    ./host <picture.$i >wanted.$i || fail "host: status $?"
done
[ "$(wc -c <wanted.1)" = 44 ] && ! cmp -s wanted.1 wanted.2 || fail "the network answers everything alike"

tried=0
# device NAME QEMU COMPILER FLAG...
device() {
    name=$1 qemu=$2 compiler=$3
    shift 3
    command -v "$qemu" >/dev/null && command -v "$compiler" >/dev/null || { echo "no $qemu or $compiler here"; return 0; }
    "$compiler" -std=c11 -Os -ffreestanding -fno-builtin -ffunction-sections -fdata-sections -DNDEBUG -Wall -Wextra \
        -Wpedantic -Wshadow -Wconversion -Werror "$@" -I. -I"$NNGEN_SOURCE/runtime" -nostdlib -static -Wl,--gc-sections \
        "$here/device.c" digit.c -lgcc -o "$name" || { fail "$name: not compiled"; return 0; }
    for i in 1 2 3; do
        "$qemu" "./$name" <picture.$i | cmp - wanted.$i || fail "$name: another answer"
    done
    size -A "$name" | grep -E '^\.(text|rodata|data|bss) ' || true
    tried=$((tried + 1))
}
device aarch64 qemu-aarch64 aarch64-linux-gnu-gcc
device cortex-m7 qemu-arm arm-none-eabi-gcc -mcpu=cortex-m7 -mthumb -mfpu=fpv5-d16 -mfloat-abi=hard -fomit-frame-pointer
[ "$tried" -gt 0 ] || [ "$failures" -gt 0 ] || skip "no compiler for another machine, or no qemu"
finish
