#!/bin/sh
# A study of any architectures: two files with values of -D, on drawn digits and on a data file; its
# tables, verdicts, page; what is done again; what it refuses.
. "$(dirname "$0")/../lib.sh"
[ -z "${NNGEN_SANITIZED:-}" ] || skip "too slow with sanitizers"
need_models
need_tools gnuplot lua5.4 sha256sum
export NNGEN_BIN
cd "$scratch"

# One can learn the comparison, the other sees noise alone.
network() { # FILE INPUT
    cat >"$1" <<END
local nn = require "nn"
local x, y = nn.input("pair", {2, 14, 14}), nn.label("comparison", 2)
local seen = $2
local hidden = nn.relu(nn.linear { name = "hidden", out = nn.param("width", 8) }(nn.flatten(seen)))
local out = nn.linear { name = "out", out = 2 }(hidden)
return nn.model {
  data = "mnist-pairs",
  train = { epochs = 4, batch = 25, loss = nn.cross_entropy(out, y), optimizer = nn.adam { lr = nn.param("rate", 1e-3) } },
  metrics = { accuracy = nn.equal(nn.argmax(out), y), surprise = nn.cross_entropy(out, y) },
}
END
}
network sees_all.lua x
network blind.lua '0 * x'

study() { "$NNGEN_SOURCE/tools/study" "$@" >said 2>err; }
cut_off="-- --pairs 1000 --val-pairs 200 --test-pairs 200"
small="--arch sees_all.lua,blind.lua -D width=4,16 -D rate=1e-2 --rounds 3 --data synthetic --out out"
# shellcheck disable=SC2086
study $small $cut_off || fail "status $?: $(cat err)"
cut -d , -f 1 out/table.csv | paste -s -d ' ' >names
[ "$(cat names)" = "architecture sees_all-width=4 sees_all-width=16 blind-width=4 blind-width=16" ] || fail "names: $(cat names)"
[ "$(grep -c . out/rounds.csv)" -eq 13 ] || fail "rounds.csv: $(cat out/rounds.csv)"
[ "$(sed -n 2p out/competitors.csv)" = "sees_all-width=4,sees_all.lua,width=4 rate=1e-2" ] || fail "$(cat out/competitors.csv)"
for name in blind-width=4 blind-width=16; do
    grep -q "^$name,.*,worse$" out/table.csv || fail "table.csv: $(cat out/table.csv)"
done
[ "$(grep -c ',best$' out/table.csv)" -eq 1 ] || fail "table.csv: $(cat out/table.csv)"
grep -q '^sees_all-width=16,blind-width=16,.*,3,0,better$' out/paired.csv || fail "paired.csv: $(cat out/paired.csv)"
grep -q '^blind-width=16,sees_all-width=16,.*,0,3,worse$' out/paired.csv || fail "paired.csv: $(cat out/paired.csv)"
# The mean of the table is that of the programs' own figures, with a seed a round.
for seed in 0 1 2; do
    # shellcheck disable=SC2086
    out/programs/sees_all-width=4 train --quiet --json --data synthetic --seed $seed ${cut_off#-- } |
        sed -n 's/.*"test":{"loss":[^,]*,"accuracy":\([0-9.]*\).*/\1/p'
done | awk '{ sum += $1 } END { printf "%.6g\n", sum / 3 }' >own
[ "$(sed -n 2p out/table.csv | cut -d , -f 3)" = "$(cat own)" ] || fail "mean: $(sed -n 2p out/table.csv), not $(cat own)"
lua5.4 "$NNGEN_SOURCE/tests/study/page.lua" out/report.html wellformed figures tables contrast >faults 2>&1 || fail "the page cannot be checked"
[ ! -s faults ] || fail "page: $(cat faults)"
[ "$(grep -c '<svg' out/report.html)" -eq 5 ] || fail "not five figures in the page"
if grep -qi "digit\|witness" out/report.html; then fail "the page speaks of the other study"; fi

# Another metric, of which less is better, trains nothing again; nor does --report.
# shellcheck disable=SC2086
study $small --metric surprise --split val $cut_off || fail "surprise: $(cat err)"
grep -q "12 of 12 runs are there already" err || fail "surprise: $(cat err)"
grep -q '^sees_all-width=16,blind-width=16,-.*,3,0,better$' out/paired.csv || fail "surprise: $(cat out/paired.csv)"
# shellcheck disable=SC2086
study $small --metric -surprise $cut_off || fail "-surprise: $(cat err)"
grep -q '^sees_all-width=16,blind-width=16,-.*,0,3,worse$' out/paired.csv || fail "-surprise: $(cat out/paired.csv)"
cp out/table.csv first
rm -r out/figures out/table.csv
study --report --out out || fail "--report: $(cat err)"
cmp first out/table.csv || fail "--report: another table"

# A changed file is another architecture, and so are other options.
network blind.lua '0.5 * x'
# shellcheck disable=SC2086
study $small $cut_off || fail "changed: $(cat err)"
grep -q "6 of 12 runs are there already" err || fail "changed: $(cat err)"
# shellcheck disable=SC2086
study $small $cut_off --batch 50 || fail "batch: $(cat err)"
grep -q "0 of 12 runs" err || fail "batch: $(cat err)"

# A data file, of which a split is cut off.
i=0
while [ $i -lt 120 ]; do
    echo "$i,$((i * i % 7)),$((i % 3 == 0))"
    i=$((i + 1))
done | sed '1i a,b,c' >table.csv
"$NNGEN" data table.csv --label c -o table.safetensors >/dev/null 2>err || fail "data: $(cat err)"
cat >rows.lua <<'END'
local nn = require "nn"
local x, y = nn.input("features", {2}), nn.label("c", 2)
local out = nn.linear { name = "out", out = 2 }(x * nn.param("scale", 0.01))
return nn.model { train = { epochs = 2, batch = 20, loss = nn.cross_entropy(out, y), optimizer = nn.sgd { lr = 0.1 } },
  metrics = { accuracy = nn.equal(nn.argmax(out), y) } }
END
study --arch rows.lua -Dscale=0.01,0.1 --rounds 2 --data table.safetensors --out rows -- --test-split 0.25 || fail "rows: $(cat err)"
[ "$(sed -n 3p rows/table.csv | cut -d , -f 1)" = "rows-scale=0.1" ] || fail "rows: $(cat rows/table.csv)"
study --arch rows.lua --rounds 2 --data table.safetensors --out rows --split val -- --test-split 0.25 && fail "a split that is not there"
grep -q "the data have no val split" err || fail "no split: $(cat err)"

# refuses STATUS WORDS OPTION...
refuses() {
    wanted=$1 words=$2 status=0
    shift 2
    study "$@" || status=$?
    [ "$status" -eq "$wanted" ] || fail "$*: status $status"
    grep -qF -e "$words" err || fail "$*: $(cat err)"
}
refuses 1 'sees_all has no metric `speed`; --metric takes: loss, accuracy, surprise' --arch sees_all.lua --metric speed --data synthetic --out out
refuses 1 'none.lua: no such file' --arch none.lua --data synthetic --out out
refuses 1 'the file has no nn.param of this name' --arch sees_all.lua -D depth=3 --data synthetic --out out
refuses 1 'two architectures are called sees_all' --arch sees_all.lua,./sees_all.lua --data synthetic --out out
refuses 1 'none.safetensors: no such file or folder' --arch rows.lua --data none.safetensors --out out
refuses 1 'rows, round 0' --arch rows.lua --data synthetic --out out --rounds 1
refuses 2 '-D wants NAME=VALUE' --arch sees_all.lua -D width --out out
refuses 2 'a -D is given twice' --arch sees_all.lua -D width=3 -D width=4 --out out
refuses 2 '--split wants test or val' --arch sees_all.lua --split train
refuses 2 '--pairs is for the study of digits' --arch sees_all.lua --pairs 30
refuses 2 '-D goes with --arch' -D width=3
refuses 2 '-- goes with --arch' -- --batch 30
refuses 2 'a training option wants letters' --arch sees_all.lua -- --val-split '$(x)'
finish
