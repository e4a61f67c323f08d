#!/bin/sh
# A file that is written anew is the old one or the new one, never a mixture: the writer is killed
# before and in the middle of each of its calls, and each of them fails once.
. "$(dirname "$0")/faults.inc"
. "$(dirname "$0")/rated.inc"

# What cannot be written where it was to be goes to the current folder.
mkdir "$scratch/here"
cd "$scratch/here"

compile() { "$NNGEN" -o "$scratch/out.c" "$small"; }
options="--data synthetic --pairs 40 --val-pairs 5 --test-pairs 5 --rounds 1 --batch 10 --quiet"
# shellcheck disable=SC2086
training() { "$(program mlp)" train $options --epochs 2 --save "$scratch/out.safetensors"; }
# shellcheck disable=SC2086
initial() { "$(program mlp)" init --seed 3 --quiet --save "$scratch/out.safetensors"; }
# shellcheck disable=SC2086
gradients() {
    "$(program mlp)" grad --load "$scratch/weights" --batch 4 --data synthetic --pairs 40 \
        --val-pairs 5 --test-pairs 5 --quiet --out "$scratch/out.safetensors"
}
made bomb "$diverging"
checkpoint() {
    diverged=0
    words=$("$scratch/bomb" train --data synthetic --pairs 60 --val-pairs 5 --test-pairs 5 --batch 10 \
        --rounds 1 --quiet --save "$scratch/out" 2>&1 >/dev/null) || diverged=$?
    printf '%s\n' "$words" >&2
    # Status 1 is right then; whether the last good state is kept is another matter.
    case $diverged:$words in 1:*"beginning of epoch 2"*) return 0 ;; esac
    return "$diverged"
}
"$(program mlp)" init --seed 3 --quiet --save "$scratch/weights"

# hit WHAT FILE: WHAT writes FILE, and is hit in each of its calls.
points=0
hit() {
    what=$1 file=$2
    rm -f "$file"
    count=$(calls file "$what")
    [ -s "$file" ] || fail "$what: wrote nothing"
    cp "$file" "$scratch/new.expected"
    [ "$count" -ge 3 ] || fail "$what: only $count calls counted"
    replaced=0
    for how in kill half fail; do
        for n in $(seq 1 "$count"); do
            printf 'old' >"$file"
            status=0
            faulty file "$n" $how "$what" >/dev/null 2>"$scratch/err" || status=$?
            points=$((points + 1))
            if printf 'old' | cmp -s - "$file"; then
                [ "$how" != fail ] || [ "$status" -ne 0 ] ||
                    fail "$what, call $n failed: status 0, and no new file"
            elif cmp -s "$file" "$scratch/new.expected"; then
                replaced=$((replaced + 1))
            else
                fail "$what, $how at call $n: a mixture"
            fi
            case $how:$status in
            fail:0 | kill:137 | half:137) ;;
            fail:1) [ -s "$scratch/err" ] || fail "$what, call $n failed: nothing said" ;;
            *) fail "$what, $how at call $n: status $status" ;;
            esac
            [ "$how" = fail ] && no_leavings "$what, call $n failed"
            rm -f "$scratch"/.*.tmp "$scratch"/*.tmp* "$scratch"/here/.*.tmp "$scratch"/here/*
        done
    done
    echo "$what: $count calls, three ways; in $replaced cases the new file was there"
}
hit compile "$scratch/out.c"
hit training "$scratch/out.safetensors"
hit training "$scratch/out.checkpoint.safetensors"
hit initial "$scratch/out.safetensors"
hit gradients "$scratch/out.safetensors"
hit checkpoint "$scratch/out.good"

# A full disk.
if mount_small 400k "$scratch/disk"; then
    printf 'old' >"$scratch/disk/w.safetensors"
    printf 'old' >"$scratch/disk/w.c"
    status=0
    # shellcheck disable=SC2086
    "$(program mlp)" train $options --epochs 1 --save "$scratch/one.safetensors" >/dev/null || fail "one: $?"
    # shellcheck disable=SC2086
    "$(program mlp)" train $options --epochs 1 --save "$scratch/disk/w.safetensors" \
        >/dev/null 2>"$scratch/err" || status=$?
    [ "$status" -eq 1 ] || fail "full disk: status $status"
    grep -q "w.safetensors.*No space" "$scratch/err" || fail "full disk: $(cat "$scratch/err")"
    status=0
    "$NNGEN" -o "$scratch/disk/w.c" "$NNGEN_SOURCE/arch/aux.lua" 2>"$scratch/err" || status=$?
    [ "$status" -eq 1 ] || fail "full disk, compiler: status $status"
    for file in w.safetensors w.c; do
        [ "$(cat "$scratch/disk/$file")" = old ] || fail "full disk: $file is damaged"
    done
    [ "$(find "$scratch/disk" -type f | wc -l)" -eq 2 ] || fail "full disk: something was left"
    cmp "$scratch/here/w.safetensors" "$scratch/one.safetensors" || fail "full disk: the weights are lost"
    unmount "$scratch/disk"
else
    echo "no disk to fill: only root may mount one"
fi
# A limit of file sizes: a writing that fails, whoever writes. Blocks of 512 bytes.
mkdir "$scratch/limit" "$scratch/tmp"
# limited BLOCKS COMMAND...
limited() {
    blocks=$1
    shift
    status=0
    (ulimit -f "$blocks" && TMPDIR=$scratch/tmp exec "$@") >"$scratch/out" 2>"$scratch/err" || status=$?
    [ "$status" -eq 1 ] || fail "ulimit -f: $*: status $status"
    grep -qE 'File too large|ulimit -f|did not make' "$scratch/err" || fail "ulimit -f: $*: says $(cat "$scratch/err")"
    left=$(ls -A "$scratch/limit" "$scratch/tmp" | grep -v :) || true
    [ -z "$left" ] || fail "ulimit -f: $*: left $left"
}
data="--data synthetic --pairs 400 --val-pairs 5 --test-pairs 5 --quiet"
mlp=$(program mlp) weights=$scratch/weights
# shellcheck disable=SC2086
{
    limited 4 "$mlp" init --save "$scratch/limit/w"
    limited 4 "$mlp" grad --load "$weights" --batch 4 $data --out "$scratch/limit/g"
    limited 4 "$mlp" eval --load "$weights" $data --split train --predictions "$scratch/limit/p.csv"
    limited 4 "$mlp" predict --load "$weights" $data --split train
}
limited 4 "$NNGEN" -o "$scratch/limit/w.c" "$small"
limited 4 "$NNGEN" "$small"
limited 4 "$NNGEN" build -o "$scratch/limit/w" "$small"
limited 90 "$NNGEN" build -o "$scratch/limit/w" "$small"

# What is trained is kept though nobody can be told.
if [ -c /dev/full ]; then
    status=0
    # shellcheck disable=SC2086
    "$(program mlp)" train $options --epochs 1 --save "$scratch/kept.safetensors" \
        >/dev/full 2>"$scratch/err" || status=$?
    [ "$status" -eq 1 ] || fail "full output: status $status"
    [ -s "$scratch/kept.safetensors" ] || fail "full output: the weights are lost"
fi
# Where standard output or standard error is closed, the next file that is opened has its number: what
# is printed must not get there.
# shellcheck disable=SC2086
logged() { "$(program mlp)" train $options --epochs 2 --log "$scratch/$1.csv"; }
columns() { cut -d , -f 1-8 "$scratch/$1.csv"; }
options=$(echo "$options" | sed 's/--quiet//')
logged wanted >/dev/null 2>&1 || fail "log: status $?"
logged unheard >&- 2>/dev/null && fail "closed output: status 0"
logged unseen 2>&- >/dev/null || fail "closed errors: status $?"
for log in unheard unseen; do
    [ "$(columns "$log")" = "$(columns wanted)" ] || fail "$log: $(cat "$scratch/$log.csv")"
done
echo "$points points"
finish
