#!/bin/sh
# The trained parameters and the predictions are the same bits for any number of threads and any
# instruction set. NNGEN_STEPS=50 trains longer.
. "$(dirname "$0")/../lib.sh"
need_models

small_digits "$scratch/data"
# 97 pairs in batches of 75 and 22: two steps an epoch, and batches that are cut into several chunks,
# which threads share.
epochs=$(((${NNGEN_STEPS:-8} + 1) / 2))

for model in $NNGEN_MODELS; do
    runs=0
    first=
    for isa in $(isas "$model"); do
        for threads in 1 2 3; do
            run=$scratch/$model-$isa-$threads
            "$(program "$model")" train --quiet --data "$scratch/data" --pairs 97 --val-pairs 10 \
                --test-pairs 10 --batch 75 --epochs "$epochs" --rounds 1 --seed 3 --isa "$isa" \
                --threads "$threads" --save "$run.safetensors" >/dev/null ||
                { fail "$model --isa $isa --threads $threads: status $?"; continue; }
            tensors "$run.safetensors" >"$run.bits"
            "$(program "$model")" eval --quiet --load "$run.safetensors" --data "$scratch/data" \
                --pairs 97 --val-pairs 10 --test-pairs 33 --isa "$isa" --threads "$threads" \
                --predictions "$run.csv" >"$run.eval" ||
                fail "$model --isa $isa --threads $threads: eval: status $?"
            runs=$((runs + 1))
            if [ -z "$first" ]; then
                first=$run
                [ -s "$first.bits" ] || fail "$model: no parameters"
                continue
            fi
            cmp "$first.bits" "$run.bits" || fail "$model: parameters differ"
            cmp "$first.csv" "$run.csv" || fail "$model: predictions differ"
            cmp "$first.eval" "$run.eval" || fail "$model: evaluations differ"
        done
    done
    [ "$runs" -ge 3 ] || fail "$model: only $runs runs"
    echo "$model: $runs runs agree"
done
finish
