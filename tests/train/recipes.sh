#!/bin/sh
# Ways to train: weights after some steps are PyTorch's; they are the same bits for any number of threads
# and any instruction set, and where the training was interrupted after any step.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/common"
need_tools python3
python3 -c 'import numpy, torch' 2>/dev/null || skip "NumPy or PyTorch is missing"
tests=$NNGEN_SOURCE/tests/train
export PYTHONPATH="$NNGEN_SOURCE/tests/pytorch" PYTHONDONTWRITEBYTECODE=1
cd "$scratch"
python3 "$tests/recipes.py" make
data="--data data.safetensors"
for recipe in $(sed -n 's/^  \([a-z_]*\) = {.*/\1/p' "$tests/recipes.lua"); do
    "$NNGEN" -D recipe="$recipe" -o recipes.c "$tests/recipes.lua" || { fail "$recipe"; continue; }
    # shellcheck disable=SC2086
    "$NNGEN_CC" -std=c11 -O1 -w -I"$NNGEN_SOURCE" -I"$NNGEN_SOURCE/runtime" -DNN_MODEL_SYMBOL=nn_model_recipes recipes.c \
        "$tests/stopped.c" ${NNGEN_LIBRARIES:-} -ljansson -lz -lpthread -lm -o recipes || { fail "$recipe: not compiled"; continue; }
    ./recipes check --quiet >out || fail "$recipe: check: $(cat out)"
    ./recipes init --seed 3 --save initial.safetensors
    trained recipes all --load initial.safetensors --threads 1
    python3 "$tests/recipes.py" check "$recipe" initial.safetensors all.safetensors || fail "$recipe"
    for isa in $(./recipes info --json | json_list isa); do
        ./recipes info --isa "$isa" >/dev/null 2>&1 || continue
        trained recipes other --load initial.safetensors --threads 2 --isa "$isa"
        cmp all.safetensors other.safetensors || fail "$recipe: $isa"
    done
    for step in 1 3 4 8; do
        rm -f part.*
        # shellcheck disable=SC2086
        ./recipes $step train $data --quiet --load initial.safetensors --save part.safetensors --log part.csv >/dev/null 2>err ||
            fail "$recipe, step $step: $(cat err)"
        [ -e part.checkpoint.safetensors ] || { fail "$recipe, step $step: no checkpoint"; continue; }
        trained recipes part --resume part.checkpoint.safetensors --threads 2
        cmp all.safetensors part.safetensors || fail "$recipe, step $step: resumed to other weights"
        cmp all.checkpoint.safetensors part.checkpoint.safetensors || fail "$recipe, step $step: other checkpoint"
        cut -d , -f 1-8 all.csv >all.cut
        cut -d , -f 1-8 part.csv | cmp -s all.cut - || fail "$recipe, step $step: other log"
    done
done
finish
