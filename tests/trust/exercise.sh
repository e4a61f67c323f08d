#!/bin/sh
# Generated code reads nothing that nobody wrote, in the state, in the work area or elsewhere, and
# nothing outside: every entry point runs in exactly the memory that it asks for, under the memory
# sanitizer, which sees the runtime's parts without libraries too, and under the address sanitizer.
# Some models; all with NNGEN_ALL=1.
. "$(dirname "$0")/../lib.sh"
[ -z "${NNGEN_SANITIZED:-}" ] || skip "brings its own sanitizers"
need_tools clang
printf 'int main(void) { return 0; }' >"$scratch/empty.c"
[ "$(uname -m)" = x86_64 ] && clang -fsanitize=memory "$scratch/empty.c" -o "$scratch/empty" 2>/dev/null ||
    skip "no memory sanitizer here"

# exercised SANITIZERS FILE...: without optimisation, which would hide some reads.
exercised() {
    sanitizers=$1
    shift
    for file; do
        model=$(basename "$file" .lua)
        "$NNGEN" -o "$scratch/$model.c" "$file" || { fail "$model: nngen: status $?"; continue; }
        clang -std=c11 -O0 -gline-tables-only -w -fsanitize="$sanitizers" -fno-sanitize-recover=all \
            -I"$NNGEN_SOURCE/tests/fuzz/quick" -I"$NNGEN_SOURCE" -I"$NNGEN_SOURCE/runtime" \
            -DNN_MODEL_SYMBOL="nn_model_$(echo "$model" | tr - _)" "$scratch/$model.c" \
            "$NNGEN_SOURCE/tests/trust/exercise.c" "$NNGEN_SOURCE/runtime/digits_draw.c" \
            "$NNGEN_SOURCE/runtime/team.c" \
            "$NNGEN_SOURCE/runtime/report.c" "$NNGEN_SOURCE/common/clean.c" -ljansson -lpthread -lm -o "$scratch/program" ||
            { fail "$model, $sanitizers: not compiled"; continue; }
        "$scratch/program" >"$scratch/said" 2>&1 ||
            fail "$model, $sanitizers: status $?: $(head -n 30 "$scratch/said")"
        # The memory is what the plan says: floats there, bytes here.
        floats=$("$NNGEN" --emit=plan "$file" | sed -n 's/^state \([0-9]*\) floats.*/\1/p')
        [ "$(sed -n 's/^state //p' "$scratch/said")" = $((floats * 4)) ] ||
            fail "$model: the plan has a state of $floats floats: $(cat "$scratch/said")"
    done
}
tests=$NNGEN_SOURCE/tests
if [ -n "${NNGEN_ALL:-}" ]; then
    set -- "$tests/trust/small.lua" "$tests"/models/*.lua
    for model in $NNGEN_MODELS; do set -- "$@" "$NNGEN_SOURCE/arch/$model.lua"; done
    exercised memory "$@"
    exercised address,undefined "$@"
else
    exercised memory "$tests/trust/small.lua" "$tests/models/chain.lua"
    exercised address,undefined "$tests/trust/small.lua" "$tests/models/single.lua"
fi
finish
