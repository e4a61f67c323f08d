#!/bin/sh
# A signal to one process stops all after the same step. kill -9 of one at any moment, and another number of processes after
# it: the same bytes. One that hangs is named, and ends all. NNGEN_KILLS=20 kills more often.
. "$(dirname "$0")/mpi.inc"
need_tools pgrep
"$NNGEN" --isa=avx2,neon,portable -o net.c "$NNGEN_SOURCE/tests/many/net.lua" && make_program net || { fail "not compiled"; finish; }
table 1000
mpi=$(mpis | head -n 1)
net=$scratch/net-$mpi
# Long enough to be interrupted.
long="train --seed 5 --threads 1 --data $scratch/table.safetensors --epochs 100 --eval-every 10"
begun=$(date +%s%N)
# shellcheck disable=SC2086
"$net" $long --save one.safetensors --log one.csv >/dev/null 2>&1 || fail "alone: status $?"
took=$((($(date +%s%N) - begun) / 1000000))
log_of one.csv >one.log

# a_rank N: the id of one of the processes, the N-th that is found.
a_rank() { pgrep -f "^$net train" | sed -n "$1p"; }

# after PERCENT: waits for so much of the time that one process takes.
after() { sleep "$(awk -v t="$took" -v p="$1" 'BEGIN { print t * p / 100000 + 0.3 }')"; }

# equal NAME: its files are those of one process.
equal() {
    cmp one.safetensors "$1.safetensors" || fail "$1: other weights"
    cmp one.checkpoint.safetensors "$1.checkpoint.safetensors" || fail "$1: another checkpoint"
    log_of "$1.csv" | cmp one.log - || fail "$1: another log"
}

# A signal to one: all stop, and go on as another number of processes.
# shellcheck disable=SC2086
start $mpi 3 "$net" $long --save stopped.safetensors --log stopped.csv >out 2>err &
launcher=$!
after 30
kill -TERM "$(a_rank 2)" || fail "nothing to stop: $(cat err)"
wait $launcher || fail "stopped: status $?: $(cat err)"
[ "$(grep -c "to go on:" err)" -eq 1 ] || fail "stopped: $(cat err)"
start $mpi 2 "$net" train --resume stopped.checkpoint.safetensors --save stopped.safetensors --log stopped.csv \
    --data "$scratch/table.safetensors" --threads 2 >out 2>err || fail "gone on: status $?: $(cat err)"
equal stopped

# kill -9 of any process at any moment.
number=${NNGEN_KILLS:-3} seed=7 R=2
while :; do
    seed=$(((seed * 16807) % 2147483647))
    if [ -e killed.checkpoint.safetensors ]; then
        set -- train --resume killed.checkpoint.safetensors --data "$scratch/table.safetensors" --threads 1
    else
        # shellcheck disable=SC2086
        set -- $long
    fi
    start $mpi $R "$net" "$@" --save killed.safetensors --log killed.csv --checkpoint-every 1 >out 2>err &
    launcher=$!
    if [ "$number" -eq 0 ]; then
        wait $launcher || fail "after all kills: status $?: $(cat err)"
        break
    fi
    after $((10 + seed % 50))
    victim=$(a_rank $((seed % R + 1)))
    [ -z "$victim" ] || kill -9 "$victim" 2>/dev/null || true
    if wait $launcher; then
        break # it was done
    fi
    sleep 1
    [ -z "$(a_rank 1)" ] || fail "killed: some are still at work"
    [ "$R" -eq 1 ] || grep -qi "process [0-9] of\|process rank\|rank [0-9]" err || fail "killed: nobody is named: $(cat err)"
    number=$((number - 1))
    R=$((R % 4 + 1))
done
echo "$number kills were left"
equal killed

# One that hangs, in the midst of a training that would take long.
longer=$(echo "$long" | sed 's/--epochs 100/--epochs 9000/')
# shellcheck disable=SC2086
start $mpi 2 "$net" $longer --save hung.safetensors --checkpoint-every 1 --peer-timeout 2 >out 2>err &
launcher=$!
# Only who trains is waited for with patience: not before the first checkpoint.
tries=0
until [ -e hung.checkpoint.safetensors ] || [ "$tries" -ge 400 ]; do
    sleep 0.05
    tries=$((tries + 1))
done
victim=$(a_rank 2)
kill -STOP "$victim" || fail "nothing to stop: $(cat err)"
status=0
wait $launcher || status=$?
kill -9 "$victim" 2>/dev/null || true
[ $status -eq 1 ] || fail "hung: status $status: $(cat err)"
grep -q "process [01] of 2 (.*process id $victim) has been silent for 2 s" err || fail "hung: $(cat err)"
finish
