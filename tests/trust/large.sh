#!/bin/sh
# Data four times as large as memory: 4 GiB of images train in a control group of 1 GiB, and no more than
# some megabytes of that are the program's own.
. "$(dirname "$0")/../lib.sh"
[ -z "${NNGEN_SANITIZED:-}" ] || skip "sanitizers take memory of their own"
[ -r /proc/self/status ] || skip "there is no /proc"
cd "$scratch"
# Holes of a file there become memory when they are read.
case $(stat -f -c %T .) in tmpfs | ramfs) skip "$scratch lies in memory" ;; esac
most=65536 # KiB of anonymous memory

cat >large.lua <<'END'
local nn = require "nn"
local image, class = nn.input("image", {3, 32, 32}, { scale = 1 / 255 }), nn.label("class", 10)
local out = nn.linear { out = 10 }(nn.flatten(nn.max_pool2d { kernel = 4 }(image)))
return nn.model {
  train = { steps = 60, batch = 64, loss = nn.cross_entropy(out, class), optimizer = nn.adam {}, eval_every = 30, eval_samples = 500 },
}
END
CC=$NNGEN_CC "$NNGEN" build large.lua || fail "nngen build: status $?"

# A file of 4 GiB that takes no room: black images of class 0.
samples=$((4 * 1024 * 1024 * 1024 / 3072))
images=$((samples * 3072))
header="{\"train/image\":{\"dtype\":\"U8\",\"shape\":[$samples,3,32,32],\"data_offsets\":[0,$images]},\
\"train/class\":{\"dtype\":\"U8\",\"shape\":[$samples],\"data_offsets\":[$images,$((images + samples))]}}"
while [ $((${#header} % 8)) -ne 0 ]; do header="$header "; done
{
    byte $((${#header} & 255)); byte $((${#header} >> 8)); printf '\0\0\0\0\0\0'
    printf %s "$header"
} >large.safetensors
truncate -s $((8 + ${#header} + images + samples)) large.safetensors 2>/dev/null || skip "files of 4 GiB are not possible"

# A group of 1 GiB, of either version, or none.
group=
for try in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/memory; do
    if mkdir "$try/nngen-test-$$" 2>/dev/null; then
        group=$try/nngen-test-$$
        for limit in memory.max memory.limit_in_bytes; do
            if [ -e "$group/$limit" ] && echo $((1024 * 1024 * 1024)) >"$group/$limit" 2>/dev/null; then break 2; fi
        done
        rmdir "$group"
        group=
    fi
done
trap 'rm -rf "$scratch"; [ -z "$group" ] || rmdir "$group" 2>/dev/null' EXIT
[ -n "$group" ] || echo "skipped: no control group can be made; only the program's own memory is measured"

sh -c '[ -z "$1" ] || echo $$ >"$1/cgroup.procs"; exec ./large train --data large.safetensors --threads 2 --quiet \
    --no-train-eval --save weights.safetensors --log log.csv' sh "$group" >said 2>&1 &
process=$!
peak=0
while kill -0 "$process" 2>/dev/null; do
    now=$(sed -n 's/^RssAnon:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$process/status" 2>/dev/null || echo)
    [ "${now:-0}" -le "$peak" ] || peak=$now
    sleep 0.1
done
status=0
wait "$process" || status=$?
[ "$status" -eq 0 ] || fail "status $status: $(tail -n 3 said)"
[ "$(cat log.csv 2>/dev/null | wc -l)" -eq 3 ] || fail "not two evaluations: $(cat log.csv)"
[ -s weights.safetensors ] || fail "no weights"
[ "$peak" -gt 0 ] && [ "$peak" -le "$most" ] || fail "the program took $peak KiB of its own, $most are allowed"
echo "peak of the program's own memory: $peak KiB"
finish
