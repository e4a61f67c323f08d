#!/bin/sh
# What the object files of generated code hold: one exported symbol, no writable data, calls only to
# what any C library has (without NDEBUG also to stderr and abort: trust/contract), frames of bounded size,
# the sizes of the plan; no compiler has a warning to give, so that no helper is there that the file does
# not use.
. "$(dirname "$0")/../lib.sh"
need_models
need_tools nm

allowed='memcpy|memset|memmove|sqrtf|__cpu_model|__cpu_indicator_init|__stack_chk_fail'
most_stack=16384 # bytes of a function's frame; calls are at most a few functions deep

headers=$(grep -ho '"<[a-z_]*[.]h>"' "$NNGEN_SOURCE"/compiler/isa/*.[ch] | tr -d '"' | sort -u | paste -s -d '|')

for model in $NNGEN_MODELS; do
    symbol=nn_model_$(echo "$model" | tr - _)
    for cc in clang gcc; do
        command -v "$cc" >/dev/null || { echo "$cc is missing"; continue; }
        object=$scratch/$model-$cc.o
        # Of the build's own compiler there are objects already.
        archive=$NNGEN_BUILD/lib${model}_model.a
        action="-O1 -c -o $object"
        if [ "$(basename "$NNGEN_CC")" = "$cc" ] && [ -z "${NNGEN_SANITIZED:-}" ] &&
            ar p "$archive" >"$object"; then
            action=-fsyntax-only
        fi
        # shellcheck disable=SC2086
        "$cc" -std=c11 -DNDEBUG $action -fstack-usage -Wall -Wextra -Wpedantic -Wshadow -Wconversion \
            -Wunused-macros -Werror -I"$NNGEN_SOURCE" -I"$NNGEN_SOURCE/runtime" "$generated/$model.c" ||
            { fail "$model: does not compile with $cc"; continue; }
        exported=$(nm -g --defined-only "$object" | awk '{ print $NF }' | tr '\n' ' ')
        [ "$exported" = "$symbol " ] || fail "$model ($cc) exports $exported"
        nm -u "$object" | awk '{ print $NF }' | grep -vxE "$allowed|_GLOBAL_OFFSET_TABLE_" &&
            fail "$model ($cc) uses these"
        nm "$object" | awk '$2 ~ /^[bBcCdDsSgG]$/ { print $NF, $2 }' >"$scratch/data"
        # Constant tables of addresses lie in .data.rel.ro and count as data for nm.
        size -A "$object" | awk '($1 ~ /^[.](data|bss|tdata|tbss)/) && $1 !~ /^[.]data[.]rel[.]ro/ &&
            $2 > 0 { print $1, $2 }' >"$scratch/sections"
        if [ -s "$scratch/sections" ]; then
            cat "$scratch/sections" "$scratch/data"
            fail "$model ($cc) has writable data"
        fi
        # Written beside the object; a frame whose size is not known is `dynamic` alone.
        if [ "$action" != -fsyntax-only ]; then
            awk -F '\t' -v most=$most_stack '$2 > most || $3 == "dynamic"' "${object%.o}.su" >"$scratch/frames"
            [ -s "${object%.o}.su" ] || fail "$model ($cc): the compiler says nothing about stack"
            [ ! -s "$scratch/frames" ] || fail "$model ($cc) takes much stack: $(head -n 3 "$scratch/frames")"
        fi
    done
    ! grep -nE '^[[:space:]]*#[[:space:]]*include' "$generated/$model.c" |
        grep -vE "\"(runtime/)?model[.]h\"|$headers" || fail "$model includes more than it may"
    # What the program asks for is what the plan has laid out.
    floats=$("$NNGEN" --emit=plan "$NNGEN_SOURCE/arch/$model.lua" | sed -n 's/^state \([0-9]*\) floats.*/\1/p')
    grep -q "[.]state_bytes = $((floats * 4))," "$generated/$model.c" ||
        fail "$model has another size than its plan's $floats floats"
done
finish
