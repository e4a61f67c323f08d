#!/bin/sh
# Generated code that is compiled without NDEBUG says what breaks the contract of model.h, and does
# nothing else then; with NDEBUG there is no check in it. A file that was made for another version of
# model.h does not compile.
. "$(dirname "$0")/../lib.sh"
cd "$scratch"
cat >net.lua <<'END'
local nn = require "nn"
local image, digit = nn.input("image", {5}), nn.label("digit", 3)
local answer = nn.linear { name = "fc", out = 3 }(image)
return nn.model {
  train   = { epochs = 2, batch = 3, optimizer = nn.adam {}, loss = nn.cross_entropy(answer, digit) },
  predict = { digit = nn.argmax(answer) },
  metrics = { accuracy = nn.equal(nn.argmax(answer), digit) },
}
END
"$NNGEN" -o net.c net.lua || fail "nngen: status $?"
includes="-I$NNGEN_SOURCE/runtime"
# build OUTPUT FLAGS...
build() {
    output=$1
    shift
    # shellcheck disable=SC2086
    "$NNGEN_CC" -std=c11 -O1 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror $includes "$@" \
        -DNN_MODEL_SYMBOL=nn_model_net net.c "$NNGEN_SOURCE/tests/trust/contract.c" -lm -o "$output" ||
        fail "$output is not compiled"
}
build checked -DNN_FAIL=told
cat >expected <<'END'
net: train: batch is 0, but must be 1 to 65536
net: train: batch is -1, but must be 1 to 65536
net: train: batch is 65537, but must be 1 to 65536
net: prepare: state lies 4 bytes behind a multiple of 64, but must be aligned to that
net: predict: state lies 4 bytes behind a multiple of 64, but must be aligned to that
net: evaluate: work lies 32 bytes behind a multiple of 64, but must be aligned to that
net: gradient: work is NULL
net: train: phase is 1, but must be 0 to 0
net: predict: threads is -2, but must be 0 to 2147483647
net: predict: field image is NULL
net: train: field image lies 1 bytes behind a multiple of 4, but must be aligned to that
net: train: sample 2: label digit is 3, but must be 0 to 2
net: evaluate: fields is NULL
net: predict: prediction digit lies 2 bytes behind a multiple of 4, but must be aligned to that
net: evaluate: sums lies 4 bytes behind a multiple of 8, but must be aligned to that
net: score: sums is NULL
net: score: phase is 1, but must be 0 to 0
net: set: param is 2, but must be 0 to 1
net: set: state lies 16 bytes behind a multiple of 64, but must be aligned to that
net: get: slot is 9, but must be 0 to 2
net: get: values of fc.weight is NULL
net: reset: phase is -1, but must be 0 to 0
net: get_gradient: param is -1, but must be 0 to 1
END
./checked >said || fail "checked: status $?"
diff expected said || fail "other words"

# Without a function of one's own the program ends, as with assert.
build plain
status=0
(ulimit -c 0; ./plain >out 2>err) || status=$?
[ "$status" -eq 134 ] || fail "a breach: status $status"
[ "$(cat err)" = "nn_model_$(head -n 1 expected)" ] || fail "a breach says: $(cat err)"

# No check where NDEBUG is set: what the object asks for is in tests/style/object.sh.
# shellcheck disable=SC2086
for flags in -DNDEBUG "-ffreestanding"; do
    "$NNGEN_CC" -std=c11 -O1 $includes $flags -c net.c -o net.o || fail "$flags: not compiled"
    ! nm -u net.o | grep -E 'printf|puts|abort|write|stderr' || fail "$flags: has checks"
done
# The programs, too, keep the contract.
"$NNGEN_CC" -std=c11 -O1 $includes "-I$NNGEN_SOURCE" -DNN_MODEL_SYMBOL=nn_model_net net.c \
    "$NNGEN_SOURCE/runtime/main.c" ${NNGEN_LIBRARIES:-} -ljansson -lz -lpthread -lm -o program 2>link ||
    case ${NNGEN_SANITIZED:-} in "") fail "the program: $(cat link)" ;; esac
if [ -x program ]; then
    for isa in $(known_isas); do
        ./program info --isa $isa >/dev/null 2>&1 || continue
        ./program check --isa $isa >/dev/null || fail "check, $isa: status $?"
    done
fi

# Another version of model.h: of the next one, and of those that had the number in an enum.
mkdir next old
sed 's/#define NN_ABI [0-9]*/#define NN_ABI 9999/' "$NNGEN_SOURCE/runtime/model.h" >next/model.h
sed 's/#define NN_ABI \([0-9]*\)/enum { NN_ABI = \1 };/' "$NNGEN_SOURCE/runtime/model.h" >old/model.h
for version in next old; do
    ! "$NNGEN_CC" -std=c11 -I$version -fsyntax-only net.c 2>err || fail "$version: compiles"
    grep -q 'made by nngen .* for version [0-9]* of model.h: compile the architecture again' err ||
        fail "$version: $(head -n 3 err)"
done
grep -q '[.]abi = [0-9]' net.c || fail "the file has no version of its own"

# Targets whose floats are others do not compile, and say what helps.
case $("$NNGEN_CC" --version) in *clang*)
    while read -r words target; do
        # shellcheck disable=SC2086
        "$NNGEN_CC" -std=c11 -ffreestanding $includes --target=$target -fsyntax-only net.c 2>err &&
            fail "$target: compiles"
        grep -q "$words" err || fail "$target: $(head -n 3 err)"
    done <<END
precision i386-linux-gnu -mno-sse
NEON armv7a-linux-gnueabihf -mfpu=neon
END
    for target in "i386-linux-gnu -msse2 -mfpmath=sse" "armv7a-linux-gnueabihf -mfpu=vfpv4-d16"; do
        # shellcheck disable=SC2086
        "$NNGEN_CC" -std=c11 -O1 -ffreestanding $includes --target=$target -c net.c -o net.o 2>err ||
            fail "$target: $(head -n 3 err)"
    done ;;
esac

# Microsoft's target, and any other that clang can compile for: portable code, but for Intel's.
case $("$NNGEN_CC" --version) in *clang*)
    for target in x86_64-pc-windows-msvc x86_64-linux-gnu aarch64-linux-gnu riscv64-linux-gnu; do
        "$NNGEN_CC" -std=c11 -O1 -ffreestanding -Wall -Wextra -Wpedantic -Wshadow -Wconversion \
            -Werror --target=$target $includes -c net.c -o "$target.o" 2>err ||
            fail "$target: $(head -n 5 err)"
    done
    # A file without code for the machine says so.
    "$NNGEN" --isa="$(known_isas | grep -v portable | paste -s -d ,)" -o special.c net.lua || fail "nngen: status $?"
    # shellcheck disable=SC2086
    if "$NNGEN_CC" -std=c11 -ffreestanding --target=riscv64-linux-gnu $includes -fsyntax-only special.c 2>err; then
        fail "a file without code compiles"
    fi
    grep -q "no instruction set of this file is for this machine" err || fail "no code: $(head -n 3 err)" ;;
esac
finish
