#!/bin/sh
# Training that Ctrl-C interrupts and --resume takes up again ends with the same bits.
. "$(dirname "$0")/../lib.sh"
need_models
env --default-signal=INT true 2>/dev/null || skip "env --default-signal is missing"

# interrupt MODEL PHASE EPOCHS: interrupts after the second epoch of the phase. Status 1: the
# training was over before.
interrupt() {
    program=$(program "$1")
    options="--data synthetic --pairs 90 --val-pairs 10 --test-pairs 10 --batch 32 --epochs $3"
    options="$options --rounds 1 --seed 7 --threads 2 --json --quiet"
    rm -f "$scratch"/*
    # shellcheck disable=SC2086
    env --default-signal=INT "$program" train $options --save "$scratch/part.safetensors" \
        >"$scratch/log" &
    pid=$!
    while kill -0 "$pid" 2>/dev/null &&
        [ "$(grep '"epoch"' "$scratch/log" | grep -c "\"phase\": *$2[,}]")" -lt 2 ]; do
        sleep 0.02
    done
    kill -INT "$pid" 2>/dev/null || true
    status=0
    wait "$pid" || status=$?
    case $status in 0 | 130) ;; *) fail "$1: status $status after the interruption" ;; esac
    if grep -q '"event": *"round"' "$scratch/log"; then return 1; fi
    ls "$scratch" | grep -v -e '^log$' -e '^part.safetensors$' && fail "$1: other files were left"
    grep -aq 'state/' "$scratch/part.safetensors" || fail "$1: no checkpoint was written"

    # shellcheck disable=SC2086
    "$program" train $options --resume "$scratch/part.safetensors" \
        --save "$scratch/resumed.safetensors" >"$scratch/log2" || fail "$1: --resume: status $?"
    # shellcheck disable=SC2086
    "$program" train $options --save "$scratch/whole.safetensors" >"$scratch/log3" ||
        fail "$1: status $?"
    tensors "$scratch/resumed.safetensors" >"$scratch/resumed.bits"
    tensors "$scratch/whole.safetensors" >"$scratch/whole.bits"
    [ -s "$scratch/whole.bits" ] || fail "$1: no parameters"
    cmp "$scratch/resumed.bits" "$scratch/whole.bits" || fail "$1: the parameters differ"
    resumed=$(grep -c '"event": *"epoch"' "$scratch/log2") || true
    whole=$(grep -c '"event": *"epoch"' "$scratch/log3") || true
    [ "$resumed" -lt "$whole" ] || fail "$1: --resume began anew"
    tail -n 1 "$scratch/log2" | sed 's/"seconds".*//' >"$scratch/end2"
    tail -n 1 "$scratch/log3" | sed 's/"seconds".*//' >"$scratch/end3"
    cmp "$scratch/end2" "$scratch/end3" || fail "$1: the results differ"
    echo "$1, phase $2: $((whole - resumed)) of $whole epochs before the interruption"
}

for run in "aux 1" "transfer 1" "transfer 2" "mlp 1"; do
    epochs=40
    # shellcheck disable=SC2086
    until interrupt $run "$epochs"; do
        epochs=$((epochs * 4))
        [ "$epochs" -lt 20000 ] || { fail "$run: cannot be interrupted"; break; }
    done
done
finish
