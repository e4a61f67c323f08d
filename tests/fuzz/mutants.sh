#!/bin/sh
# Damaged architecture and weights files end with status 0 or 1 and a message, never with a crash.
# NNGEN_SEED and NNGEN_CASES choose others and more.
. "$(dirname "$0")/../lib.sh"
need_models

seed=${NNGEN_SEED:-1}
cases=${NNGEN_CASES:-60}
echo "seed $seed, $cases cases of each kind"

# mutate FILE SEED: some bytes changed, cut out or doubled.
mutate() {
    size=$(wc -c <"$1")
    awk -v n="$size" -v seed="$2" 'BEGIN {
        srand(seed)
        for (i = 0; i < 4; i++) print int(rand() * n), int(rand() * 9), int(rand() * 3), int(rand() * 255)
    }' >"$scratch/plan"
    cp "$1" "$scratch/mutant"
    while read -r at length kind byte; do
        case $kind in
        0) # change
            # shellcheck disable=SC2059 # the byte is written as an octal escape
            printf "\\$(printf %03o "$byte")" |
                dd of="$scratch/mutant" bs=1 seek="$at" conv=notrunc 2>/dev/null ;;
        1) # cut
            { head -c "$at" "$scratch/mutant"; tail -c +$((at + length + 1)) "$scratch/mutant"; } \
                >"$scratch/cut" && mv "$scratch/cut" "$scratch/mutant" ;;
        2) # double
            { head -c $((at + length)) "$scratch/mutant"; tail -c +$((at + 1)) "$scratch/mutant"; } \
                >"$scratch/cut" && mv "$scratch/cut" "$scratch/mutant" ;;
        esac
    done <"$scratch/plan"
}

# expect STATUS WORDS...
expect() {
    status=$1
    shift
    case $status in
    0) ;;
    1) [ -s "$scratch/err" ] || fail "$*: status 1 without a message" ;;
    *) fail "$*: status $status"; cp "$scratch/mutant" "$scratch/failed.$failures" ;;
    esac
}

mkdir "$scratch/arch"
cp "$NNGEN_SOURCE"/arch/*.lua "$scratch/arch"
i=0
while [ "$i" -lt "$cases" ]; do
    i=$((i + 1))
    set -- "$NNGEN_SOURCE"/arch/*.lua
    shift $((i % $#))
    mutate "$1" $((seed * 1000 + i))
    cp "$scratch/mutant" "$scratch/arch/mutant.lua"
    status=0
    "$NNGEN" --emit=plan "$scratch/arch/mutant.lua" >/dev/null 2>"$scratch/err" || status=$?
    expect "$status" "architecture $1, mutant $i"
done

set -- $NNGEN_MODELS
model=$1
small_digits "$scratch/data"
"$(program "$model")" init --quiet --seed 1 --save "$scratch/weights" >/dev/null || fail "init"
i=0
while [ "$i" -lt "$cases" ]; do
    i=$((i + 1))
    # Half of the mutants keep their tensors: damage goes to the header, where the parsing is.
    head -c 400 "$scratch/weights" >"$scratch/head"
    mutate "$([ $((i % 2)) = 0 ] && echo "$scratch/head" || echo "$scratch/weights")" $((seed * 7000 + i))
    [ $((i % 2)) = 1 ] || tail -c +401 "$scratch/weights" >>"$scratch/mutant"
    status=0
    "$(program "$model")" eval --quiet --load "$scratch/mutant" --data "$scratch/data" --pairs 10 \
        --val-pairs 5 --test-pairs 5 >/dev/null 2>"$scratch/err" || status=$?
    expect "$status" "weights of $model, mutant $i"
done
finish
