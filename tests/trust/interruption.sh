#!/bin/sh
# What is trained is not lost, whatever ends the training: signals, a reader that goes away, a limit of
# file sizes, a folder that vanishes, SIGKILL. An interrupted training says how to go on, and that
# command ends with the bytes of a training that nothing interrupted.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/rated.inc"
[ -z "${NNGEN_SANITIZED:-}" ] || skip "the libraries are built with sanitizers"
need_models
env --default-signal=INT true 2>/dev/null || skip "env --default-signal is missing"
program=$(program mlp)
cd "$scratch"
sizes="--data synthetic --pairs 60 --val-pairs 5 --test-pairs 5 --batch 10 --seed 3"

# begun NAME EPOCHS OPTIONS...: a training in the background that has ended its first epoch. Its log is
# $log, if that is set.
begun() {
    name=$1 epochs=$2 csv=${log:-$1.csv}
    shift 2
    # shellcheck disable=SC2086
    env --default-signal=INT,HUP,TERM "$program" train $sizes --epochs "$epochs" --log "$csv" "$@" \
        >"$name.out" 2>"$name.err" &
    pid=$!
    until [ -e "$csv" ] && [ "$(wc -l <"$csv")" -gt 1 ]; do
        kill -0 "$pid" || { fail "$name: did not begin: $(cat "$name.err")"; return; }
        sleep 0.02
    done
}
# ended NAME STATUS: waits for it.
ended() {
    status=0
    wait "$pid" || status=$?
    [ "$status" -eq "$2" ] || fail "$1: status $status, not $2: $(tail -n 3 "$1.err")"
    leavings "$1"
}
leavings() { for left in .*.tmp; do [ ! -e "$left" ] || fail "$1: $left was left"; done; }
# go_on NAME: runs the command that the training named.
go_on() {
    line=$(sed -n 's/.*to go on: //p' "$1.err" | tail -n 1)
    [ -n "$line" ] || { fail "$1: does not say how to go on: $(cat "$1.err")"; return; }
    sh -c "$line" >"$1.out2" 2>"$1.err2" || fail "$1: $line: status $?: $(cat "$1.err2")"
}
# as_whole NAME WEIGHTS: bytes of weights and log as of the whole training.
as_whole() {
    cmp whole.safetensors "$2" || fail "$1: other weights"
    cut -d , -f 1-11 whole.csv >whole.cut
    cut -d , -f 1-11 "$1.csv" | cmp - whole.cut || fail "$1: another log"
}

epochs=700
begun whole "$epochs" --save whole.safetensors
ended whole 0

for signal in INT TERM HUP XCPU; do
    begun $signal "$epochs" --save $signal.safetensors
    kill -s $signal "$pid"
    ended $signal 0
    ! grep -aq 'state/' $signal.safetensors || fail "$signal: moments beside the weights"
    cmp -s whole.safetensors $signal.safetensors && fail "$signal: was at its end"
    "$program" eval --load $signal.safetensors --data synthetic >/dev/null || fail "$signal: weights"
    go_on $signal
    as_whole $signal $signal.safetensors
done

# Two signals that come together are one wish.
begun twice "$epochs" --save twice.safetensors
kill -s INT "$pid"
kill -s INT "$pid" 2>/dev/null || true
ended twice 0
go_on twice
as_whole twice twice.safetensors

# A second Ctrl-C, while the disk keeps the first waiting: the program ends by it, at once. Files are
# those of before.
cat >slow.c <<'END'
#include <unistd.h>
int fsync(int fd) { (void)fd; return access("slow", F_OK) == 0 ? (int)sleep(30) : 0; }
END
if "$NNGEN_CC" -shared -fPIC -o slow.so slow.c 2>/dev/null; then
    echo before >second.safetensors
    echo before >second.checkpoint.safetensors
    (LD_PRELOAD=$scratch/slow.so && export LD_PRELOAD && begun second 100000 --save second.safetensors
        : >slow
        begin=$(date +%s)
        kill -s INT "$pid"
        sleep 1
        kill -s INT "$pid"
        status=0
        wait "$pid" || status=$?
        [ "$status" -eq 130 ] || fail "second: status $status"
        [ $(($(date +%s) - begin)) -lt 20 ] || fail "second: waited for the disk"
        grep -q 'ended at once' second.err || fail "second: $(cat second.err)"
        [ "$failures" -eq 0 ]) || fail "second Ctrl-C"
    rm slow
    [ "$(cat second.safetensors second.checkpoint.safetensors | sort -u)" = before ] ||
        fail "second: files are damaged"
    leavings second
fi

# A training that nohup started goes on when the terminal hangs up.
env --ignore-signal=HUP "$program" train $sizes --epochs 300 --save nohup.safetensors --log nohup.csv \
    >nohup.out 2>nohup.err &
pid=$!
until [ -e nohup.csv ] && [ "$(wc -l <nohup.csv)" -gt 1 ]; do sleep 0.02; done
kill -s HUP "$pid"
ended nohup 0
! grep -q 'to go on' nohup.err || fail "nohup: stopped"

# A reader that goes away. The name holds what a shell would take apart.
# shellcheck disable=SC2086
{
    status=0
    "$program" train $sizes --epochs "$epochs" --json --save "it's a.safetensors" --log pipe.csv \
        2>pipe.err || echo $? >pipe.status
} | head -n 1 >/dev/null
[ "$(cat pipe.status)" = 1 ] || fail "pipe: status $(cat pipe.status)"
grep -q 'cannot write to standard output: Broken pipe' pipe.err || fail "pipe: $(cat pipe.err)"
[ "$(grep -c error pipe.err)" -eq 1 ] || fail "pipe: says it twice: $(cat pipe.err)"
go_on pipe
as_whole pipe "it's a.safetensors"

# A limit of file sizes: too low for the weights, and for the log alone. Blocks of 512 bytes.
made limited 0.001
# shellcheck disable=SC2086
for blocks in 20 48; do
    status=0
    (ulimit -f "$blocks" && exec ./limited train $sizes --epochs 100000 --save limit.safetensors --log limit.csv) \
        >limit.out 2>limit.err || status=$?
    [ "$status" -eq 1 ] || fail "limit: status $status"
    case $blocks in
    20) grep -q 'limit.safetensors: takes at least .*ulimit -f' limit.err || fail "limit: $(cat limit.err)" ;;
    48) grep -q 'limit.csv: cannot write: File too large' limit.err || fail "limit: $(cat limit.err)" ;;
    esac
done
[ -s limit.safetensors ] && [ -s limit.checkpoint.safetensors ] || fail "limit: what was trained is lost"

# A folder that vanishes: what was to go there is here, and none of the files that were. The names of a
# pair stay a pair, and the command that goes on names the files that there are.
mkdir gone
echo mine >part.checkpoint.safetensors
log=gone/gone.csv
begun gone "$epochs" --save gone/part.safetensors
unset log
rm -r gone
kill -s TERM "$pid"
ended gone 1
for file in part-2.checkpoint.safetensors part-2.safetensors; do
    grep -q "instead it is in $scratch/$file\$" gone.err || fail "gone: $(cat gone.err)"
done
go_on gone
cmp whole.safetensors part-2.safetensors || fail "gone: other weights"
[ -s gone.csv ] || fail "gone: no log"
[ "$(cat part.checkpoint.safetensors)" = mine ] || fail "gone: a file of the same name is damaged"

# The same in a round of several, where none of a later round is damaged, either.
mkdir gone
echo mine >several.1.safetensors
begun several 300 --rounds 2 --save gone/several.safetensors
rm -r gone
kill -s TERM "$pid"
ended several 1
go_on several
for file in several-2.0 several-2.0.checkpoint several-2.1 several-2.1.checkpoint; do
    [ -s "$file.safetensors" ] || fail "several: no $file: $(cat several.err several.err2)"
done
[ "$(cat several.1.safetensors)" = mine ] || fail "several: a file of a later round is damaged"

# Without --save a place for what an interruption leaves is looked for at the start.
mkdir deleted
status=0
# shellcheck disable=SC2086
(cd deleted && rmdir ../deleted && exec "$program" train $sizes --epochs 1) >deleted.out 2>deleted.err || status=$?
[ "$status" -eq 1 ] || fail "deleted: status $status"
grep -q 'interrupted.safetensors: cannot create' deleted.err || fail "deleted: $(cat deleted.err)"
grep -q 'give --save' deleted.err || fail "deleted: $(cat deleted.err)"
begun unsaved "$epochs"
kill -s TERM "$pid"
ended unsaved 0
go_on unsaved

# Killed at some time or other, and again, with a checkpoint each second.
begun kill 40000 --save kill.safetensors --checkpoint-every 1
until [ -e kill.checkpoint.safetensors ]; do sleep 0.1; done
kill -s KILL "$pid"
wait "$pid" 2>/dev/null || true
before=$(wc -l <kill.csv)
rm -f .*.tmp
begun again 40000 --resume kill.checkpoint.safetensors --save kill.safetensors --checkpoint-every 1
kill -s TERM "$pid"
ended again 0
[ "$(wc -l <again.csv)" -lt "$before" ] || fail "kill: $(wc -l <again.csv) of $before lines: begun anew"
finish
