#!/bin/sh
# run.sh PROGRAM NAME: lets libFuzzer try a target for NNGEN_FUZZ_SECONDS (20) seconds, beginning with
# the files of corpus/NAME. What it finds is written to the test's output in base64.
. "$(dirname "$0")/../../lib.sh"

seconds=${NNGEN_FUZZ_SECONDS:-20}
seed=${NNGEN_SEED:-1}
corpus=$(dirname "$0")/corpus/$2
[ -n "$(ls "$corpus")" ] || fail "no corpus"
mkdir "$scratch/new"
status=0
"$1" -max_total_time="$seconds" -seed="$seed" -max_len=8192 -len_control=0 -timeout=60 \
    -rss_limit_mb=3000 -close_fd_mask=3 -artifact_prefix="$scratch/" -print_final_stats=1 \
    "$scratch/new" "$corpus" >"$scratch/log" 2>&1 || status=$?
grep '^stat::\|^#.*DONE' "$scratch/log" || true
if [ "$status" -ne 0 ]; then
    tail -n 60 "$scratch/log"
    for file in "$scratch"/crash-* "$scratch"/timeout-* "$scratch"/oom-* "$scratch"/leak-*; do
        [ ! -e "$file" ] || { echo "$file:"; base64 "$file"; }
    done
    fail "$2: status $status"
fi
finish
