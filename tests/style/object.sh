#!/bin/sh
# What the object files of generated code hold: one exported symbol, no writable data, calls only to
# what any C library has; no compiler has a warning to give.
. "$(dirname "$0")/../lib.sh"
need_models
command -v nm >/dev/null || skip "nm is missing"

allowed='memcpy|memset|memmove|fmaf|sqrtf|__cpu_model|__cpu_indicator_init|__stack_chk_fail'

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
        "$cc" -std=c11 $action -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror \
            -I"$NNGEN_SOURCE" -I"$NNGEN_SOURCE/runtime" "$generated/$model.c" ||
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
    done
    ! grep -nE '^[[:space:]]*#[[:space:]]*include' "$generated/$model.c" |
        grep -vE '"(runtime/)?model[.]h"|<immintrin[.]h>' || fail "$model includes more than it may"
done
finish
