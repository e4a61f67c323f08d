#!/bin/sh
# Two generated models in one C++ program, asked by several threads at a time; under the thread
# sanitizer where there is one.
. "$(dirname "$0")/../lib.sh"
[ -z "${NNGEN_SANITIZED:-}" ] || skip "brings its own sanitizer"
case $NNGEN_CC in
*clang*) cxx=clang++ ;;
*) cxx=g++ ;;
esac
need_tools "$cxx"
"$NNGEN" -o "$scratch/small.c" "$NNGEN_SOURCE/tests/trust/small.lua" || fail "small: status $?"
"$NNGEN" -o "$scratch/mlp.c" "$NNGEN_SOURCE/arch/mlp.lua" || fail "mlp: status $?"
printf 'int main(void) { return 0; }' >"$scratch/empty.c"
sanitizer=
if "$NNGEN_CC" -fsanitize=thread "$scratch/empty.c" -o "$scratch/empty" 2>/dev/null &&
    "$scratch/empty" 2>/dev/null; then
    sanitizer=-fsanitize=thread
else
    echo "no thread sanitizer here"
fi
for how in -O2 "-O1 -g $sanitizer"; do
    for model in small mlp; do
        # shellcheck disable=SC2086
        "$NNGEN_CC" -std=c11 $how -I"$NNGEN_SOURCE/runtime" -c "$scratch/$model.c" \
            -o "$scratch/$model.o" || fail "$model $how: not compiled"
    done
    # shellcheck disable=SC2086
    "$cxx" -std=c++17 $how -Wall -Wextra -Wpedantic -Werror -I"$NNGEN_SOURCE/runtime" \
        "$NNGEN_SOURCE/tests/trust/embed.cpp" "$scratch/small.o" "$scratch/mlp.o" -lm -lpthread \
        -o "$scratch/embed" || { fail "$how: not linked"; continue; }
    "$scratch/embed" >"$scratch/said" 2>&1 || fail "$how: $(head -n 20 "$scratch/said")"
done
finish
