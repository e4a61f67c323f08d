#!/bin/sh
# A network for another machine: installed and as a folder, nngen runs on this one. The program says the
# same there, under qemu.
. "$(dirname "$0")/../lib.sh"
. "$NNGEN_SOURCE/tests/install/common"
[ "$(uname -m)" = x86_64 ] || skip "tried from x86-64 only"
need_tools qemu-aarch64
[ -e /usr/aarch64-linux-gnu/lib/libc.so.6 ] || skip "the C library for aarch64 is missing"
{
    echo "set(CMAKE_SYSTEM_NAME Linux)"
    echo "set(CMAKE_SYSTEM_PROCESSOR aarch64)"
    if command -v aarch64-linux-gnu-gcc >/dev/null; then
        echo "set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)"
    else
        command -v clang >/dev/null && command -v aarch64-linux-gnu-ld >/dev/null ||
            skip "neither gcc for aarch64 nor clang and binutils"
        echo "set(CMAKE_C_COMPILER clang)"
        echo "set(CMAKE_C_COMPILER_TARGET aarch64-linux-gnu)"
    fi
} >"$scratch/aarch64.cmake"
install_nngen

for how in package subdirectory; do
    executable=
    [ $how = package ] || executable=$NNGEN
    configure $how -DHOW=$how -DNNGEN="$NNGEN_SOURCE" -DCMAKE_TOOLCHAIN_FILE="$scratch/aarch64.cmake" \
        -DNNGEN_EXECUTABLE="$executable" && cmake --build "$scratch/$how" --target use >>"$scratch/log" 2>&1 ||
        { tail -n 40 "$scratch/log"; fail "$how: the project does not build"; continue; }
    says_answer qemu-aarch64 -L /usr/aarch64-linux-gnu "$scratch/$how/use"
done

# What cannot work says how it could.
if configure alone -DHOW=subdirectory -DNNGEN="$NNGEN_SOURCE" -DCMAKE_TOOLCHAIN_FILE="$scratch/aarch64.cmake"; then
    fail "a cross build without an nngen for this machine was configured"
fi
grep -q NNGEN_EXECUTABLE "$scratch/log" || { cat "$scratch/log"; fail "the way out is not named"; }
if configure program -DHOW=package -DPROGRAM=ON -DCMAKE_TOOLCHAIN_FILE="$scratch/aarch64.cmake"; then
    fail "a program with the runtime of another machine was configured"
fi
tr -s ' \n' ' ' <"$scratch/log" | grep -q "a runtime for aarch64" || { cat "$scratch/log"; fail "it is not said why"; }
finish
