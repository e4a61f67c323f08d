#!/bin/sh
# Training that Ctrl-C or SIGTERM interrupts and --resume takes up again, with another number of
# threads, ends with the same bits. What is written holds moments of what the phase trains alone.
. "$(dirname "$0")/../lib.sh"
need_models
env --default-signal=INT true 2>/dev/null || skip "env --default-signal is missing"

# interrupt MODEL PHASE SIGNAL EPOCHS: interrupts after the second epoch of the phase. Status 1: the
# training was over before.
interrupt() {
    program=$(program "$1")
    options="--data synthetic --pairs 90 --val-pairs 10 --test-pairs 10 --batch 32 --epochs $4"
    options="$options --rounds 1 --seed 7 --json --quiet"
    rm -f "$scratch"/*
    # shellcheck disable=SC2086
    env --default-signal=INT "$program" train $options --threads 2 --save "$scratch/part.safetensors" \
        >"$scratch/log" &
    pid=$!
    while kill -0 "$pid" 2>/dev/null &&
        [ "$(grep '"epoch"' "$scratch/log" | grep -c "\"phase\": *$2[,}]")" -lt 2 ]; do
        sleep 0.02
    done
    kill -s "$3" "$pid" 2>/dev/null || true
    status=0
    wait "$pid" || status=$?
    case $status in 0 | 130) ;; *) fail "$1: status $status after the interruption" ;; esac
    if grep -q '"event": *"round"' "$scratch/log"; then return 1; fi
    find "$scratch" -type f ! -name log ! -name part.safetensors ! -name part.checkpoint.safetensors |
        grep . && fail "$1: other files were left"
    checkpoint=$scratch/part.checkpoint.safetensors
    grep -aq 'state/' "$checkpoint" || fail "$1: no checkpoint was written"
    ! grep -aq 'state/' "$scratch/part.safetensors" || fail "$1: moments beside the weights"
    case "$1 $2" in
    "transfer 1") trained=conv1.weight frozen=compare.weight ;;
    "transfer 2") trained=compare.weight frozen=conv1.weight ;;
    *) trained= ;;
    esac
    if [ -n "$trained" ]; then
        grep -aq "state/exp_avg/$trained" "$checkpoint" || fail "$1: no moments of $trained"
        ! grep -aq "state/exp_avg/$frozen" "$checkpoint" || fail "$1: moments of $frozen"
    fi

    # shellcheck disable=SC2086
    "$program" train $options --threads 3 --resume "$checkpoint" \
        --save "$scratch/resumed.safetensors" >"$scratch/log2" || fail "$1: --resume: status $?"
    # shellcheck disable=SC2086
    "$program" train $options --threads 1 --save "$scratch/whole.safetensors" >"$scratch/log3" ||
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

for run in "aux 1 INT" "transfer 1 TERM" "transfer 2 INT" "transfer 2 TERM" "mlp 1 TERM"; do
    epochs=40
    # shellcheck disable=SC2086
    until interrupt $run "$epochs"; do
        epochs=$((epochs * 4))
        [ "$epochs" -lt 20000 ] || { fail "$run: cannot be interrupted"; break; }
    done
done
finish
