#!/bin/sh
# What is to be looked at: the picture of a training, event files for TensorBoard, and the confusion of
# classes, all with the values of the log and of the predictions.
. "$(dirname "$0")/../lib.sh"
need_models
cd "$scratch"
"$NNGEN_CC" -std=c11 -Wall -Wextra "$NNGEN_SOURCE/tests/train/events.c" -o events ||
    { fail "events.c does not compile"; finish; }
aux=$(program aux)
digit=$(program digit)
data="--data synthetic --pairs 80 --val-pairs 60 --test-pairs 40"
trained() {
    name=$1
    shift
    # shellcheck disable=SC2086
    "$aux" train $data --quiet --save "$name.safetensors" --log "$name.csv" --plot "$name.svg" --tensorboard "$name.tb" "$@" \
        >out 2>err || fail "$name: status $?: $(cat err)"
}
# points FILE STYLE N: the points of the N-th curve of that colour, a line each.
points() { grep "polyline.*$2" "$1" | sed -n "$3s/.*points=\"\([^\"]*\)\".*/\1/p" | tr ' ' '\n'; }

# A curve for train and val in each of four fields, and the running loss. Its heights are those of the log.
trained whole --epochs 6 --keep best --monitor val_accuracy
[ "$(grep -c '<polyline' whole.svg)" -eq 9 ] || fail "curves: $(grep -c '<polyline' whole.svg)"
[ "$(points whole.svg d9540b 1 | wc -l)" -eq 6 ] || fail "points: $(points whole.svg d9540b 1)"
points whole.svg d9540b 1 | cut -d , -f 2 >heights
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "val_loss") at = i; next } { print $at }' whole.csv | paste -d ' ' heights - |
    awk '{ h[NR] = $1; v[NR] = $2 } END { scale = (h[6] - h[1]) / (v[6] - v[1])
        for (i = 1; i <= 6; i++) { off = h[1] + (v[i] - v[1]) * scale - h[i]; if (off > 0.11 || off < -0.11) exit 1 }; exit scale > 0 }' ||
    fail "the curve of val_loss: $(cat heights whole.csv)"
best=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "val_accuracy") at = i; next }
    NR == 2 || $at > most { most = $at; epoch = $3 + 1; step = $4 } END { printf "the largest val_accuracy, %.4f, after %d epoch%s, step %d", most, epoch, epoch == 1 ? "" : "s", step }' whole.csv)
grep -q "$best<" whole.svg || fail "best is not $best: $(grep best whole.svg)"
[ "$(grep -c 'circle.*r="4"' whole.svg)" -eq 5 ] || fail "marks: $(grep -c circle whole.svg)"
if command -v xmllint >/dev/null; then xmllint --noout whole.svg || fail "whole.svg is no XML"; fi
if command -v python3 >/dev/null; then
    python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' whole.svg || fail "whole.svg is no XML"
fi

# Interrupted and resumed: the log remembers what came before.
trained part --epochs 6 --keep best --monitor val_accuracy --eval-every 2
cp part.svg even.svg
grep -q '<polyline' even.svg || fail "no picture"
"$aux" train --data synthetic --resume part.checkpoint.safetensors --save part.safetensors --log part.csv --plot part.svg \
    --tensorboard part.tb --quiet >out 2>err || fail "resumed: $(cat err)"
steps=$(tail -n 1 part.csv | cut -d , -f 4)
for events in part.tb/*; do ./events <"$events" | sed 1q; done | sort -n | tail -n 1 >start
[ "$(cat start)" = "$((steps + 1)) start" ] || fail "resumed after $steps steps, events from $(cat start)"
cmp even.svg part.svg || fail "a resumed training draws another picture"
# Rounds have a picture each.
trained rounds --epochs 2 --rounds 2
[ -s rounds.0.svg ] && [ -s rounds.1.svg ] && [ ! -e rounds.svg ] || fail "rounds: $(ls)"
[ -n "$(ls rounds.tb/0)" ] && [ -n "$(ls rounds.tb/1)" ] || fail "rounds of events: $(ls -R rounds.tb)"

# Events: each value of the log, as a float.
cat whole.tb/events.out.tfevents.* >file
./events <file >records || fail "events: not readable"
[ "$(sed 1q records)" = "1 start" ] || fail "events: begin with $(sed 1q records)"
sed 1d records >told
awk -F, 'NR == 1 { split($0, name, ","); next } { for (i = 5; i < NF; i++) print $4, name[i], $i }' whole.csv >wanted
paste -d ' ' told wanted | awk '$1 != $4 || $2 != $5 { print; bad = 1 } $2 != "samples_per_second" { d = $3 - $6; if (d * d > 1e-12 * $6 * $6) { print; bad = 1 } }
    END { exit bad || NR != 72 }' || fail "events: other values"
head -c 200 file | ./events >/dev/null 2>&1 && fail "events: half a record is read"
if python3 -c 'import tensorboard' 2>/dev/null; then
    python3 - whole.tb >tensorboard <<'END' || fail "TensorBoard does not read it"
import sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1])
events.Reload()
for tag in events.Tags()["scalars"]:
    for e in events.Scalars(tag):
        print(e.step, tag, "%.9g" % e.value)
END
    sort told >told.sorted
    sort tensorboard | cmp - told.sorted || fail "TensorBoard reads other values"
else
    echo "tensorboard is missing: only read by the test's own reader"
fi

# Confusion: the counts of the predictions, and shares of them.
# shellcheck disable=SC2086
"$digit" train $data --epochs 3 --quiet --save d.safetensors >out 2>err || fail "digit: $(cat err)"
# shellcheck disable=SC2086
"$digit" eval $data --load d.safetensors --split val --confusion --json --predictions p.csv --plot c.svg >confusion ||
    fail "confusion: status $?"
grep -o '"label":"left_digit"[^}]*' confusion | sed 's/.*"counts":\[\(.*\)\],"precision".*/\1/' | tr -d '[]' | tr ',' '\n' >counts
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) { if ($i == "left_digit_label") l = i; if ($i == "left_digit") p = i }; next }
    { n[$l * 10 + $p]++ } END { for (i = 0; i < 100; i++) print n[i] + 0 }' p.csv | cmp - counts || fail "counts: $(cat confusion)"
awk 'NR <= 100 { c[NR - 1] = $1 } END { for (k = 0; k < 10; k++) { t = 0; o = 0; for (i = 0; i < 10; i++) { t += c[i * 10 + k]; o += c[k * 10 + i] }
    printf "%d %s %s %s %d\n", k, t ? sprintf("%.4f", c[k * 11] / t) : "-", o ? sprintf("%.4f", c[k * 11] / o) : "-",
        t + o ? sprintf("%.4f", 2 * c[k * 11] / (t + o)) : "-", o } }' counts >wanted
# shellcheck disable=SC2086
"$digit" eval $data --load d.safetensors --split val --confusion >out || fail "confusion: status $?"
sed -n '/precision/,/^$/p' out | sed -n 2,11p | awk '{ print $1, $2, $3, $4, $5 }' | cmp - wanted || fail "shares: $(cat out wanted)"
grep -q '^  loss ' out || fail "eval does not tell the loss: $(cat out)"
grep -q '"samples":60,"loss":[0-9]' confusion || fail "eval --json does not tell the loss: $(cat confusion)"
[ "$(grep -c '<rect.*stroke' c.svg)" -eq 200 ] || fail "cells: $(grep -c '<rect.*stroke' c.svg)"

# Classes with names, out of the data file, that mean something in XML.
cat >named.lua <<'END'
local nn = require "nn"
local x, y = nn.input("x", {1}), nn.label("y", 2)
local out = nn.linear { name = "fc", out = 2 }(x)
return nn.model {
  name = "named", train = { epochs = 1, batch = 2, optimizer = nn.sgd {}, loss = nn.cross_entropy(out, y) },
  predict = { y = nn.argmax(out), raw = out },
}
END
generated=$scratch
"$NNGEN" --isa=portable -o named.c named.lua && compile_model "$NNGEN_CC" named "$scratch/named" -O1 -w || fail "named"
header='{"__metadata__":{"classes.y":"[\"cat & <dog>\",\"b\"]"},"test/x":{"dtype":"F32","shape":[3,1],"data_offsets":[0,12]},"test/y":{"dtype":"U8","shape":[3],"data_offsets":[12,15]}}'
{ byte ${#header}; printf '\000\000\000\000\000\000\000%s' "$header"; head -c 12 /dev/zero; printf '\000\001\001'; } >named.safetensors
./named init --save n.safetensors
./named eval --load n.safetensors --data named.safetensors --confusion --plot n.svg >out 2>err || fail "named: $(cat err)"
grep -q '^cat & <dog>  ' out || fail "names: $(cat out)"
grep -q '>cat &amp; &lt;dog&gt;</text>' n.svg || fail "names: $(cat n.svg)"
./named eval --load n.safetensors --data named.safetensors --confusion --json | grep -q '"classes":\["cat & <dog>","b"\]' || fail "names in JSON"

refused() {
    status=$1 words=$2
    shift 2
    actual=0
    "$@" >out 2>err || actual=$?
    [ "$actual" -eq "$status" ] && grep -q -- "$words" err || fail "$*: status $actual: $(cat err)"
}
refused 2 '--plot of eval goes with --confusion' "$digit" eval --data synthetic --load d.safetensors --plot x.svg
refused 1 'nowhere/x.svg: .*No such file or directory' "$aux" train --data synthetic --plot nowhere/x.svg
refused 1 'nowhere/tb: No such file or directory' "$aux" train --data synthetic --tensorboard nowhere/tb
refused 2 'save and --plot are the same' "$aux" train --data synthetic --save x.svg --plot x.svg
sed 's/ y = nn.argmax(out),//' named.lua >unnamed.lua
"$NNGEN" --isa=portable -o named.c unnamed.lua && compile_model "$NNGEN_CC" named "$scratch/unnamed" -O1 -w || fail "unnamed"
refused 1 'has no prediction of classes' ./unnamed eval --load n.safetensors --data named.safetensors --confusion
finish
