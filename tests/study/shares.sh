#!/bin/sh
# A study in parts: a command a line for each run, in any order and again; shares of it on two hosts (two folders here), whose
# results merge to the same tables; a run that two hosts have with other results is reported.
. "$(dirname "$0")/../lib.sh"
[ -z "${NNGEN_SANITIZED:-}" ] || skip "too slow with sanitizers"
need_models
need_tools gnuplot lua5.4 sha256sum
export NNGEN_BIN
cd "$scratch"
cat >net.lua <<'END'
local nn = require "nn"
local x, y = nn.input("pair", {2, 14, 14}), nn.label("comparison", 2)
local hidden = nn.relu(nn.linear { name = "hidden", out = nn.param("width", 8) }(nn.flatten(x)))
local out = nn.linear { name = "out", out = 2 }(hidden)
return nn.model {
  data = "mnist-pairs",
  train = { epochs = 2, batch = 25, loss = nn.cross_entropy(out, y), optimizer = nn.adam {} },
  metrics = { accuracy = nn.equal(nn.argmax(out), y) },
}
END
study() { "$NNGEN_SOURCE/tools/study" "$@" >said 2>err; }
small="--arch net.lua -D width=4,16 --rounds 2 --data synthetic"
data="-- --pairs 300 --val-pairs 100 --test-pairs 100"
# shellcheck disable=SC2086
{
    study $small --out one $data || fail "one: status $?: $(cat err)"
    study $small --out listed --list $data || fail "--list: status $?: $(cat err)"
    cp said list
    [ "$(grep -c -- '--run net-width=.*:[01] -- --pairs 300' list)" -eq 4 ] || fail "--list: $(cat list)"
    [ ! -e listed/report.html ] && ls listed/raw/* >/dev/null 2>&1 && fail "--list trained"
    # In the other order, two at a time, and one again.
    { tail -n 1 list; sed -n '1!G;h;$p' list; } | tr '\n' '\0' | xargs -0 -P 2 -I{} sh -c '{}' 2>err || fail "a line of --list: $(cat err)"
    study $small --out listed $data || fail "listed: status $?: $(cat err)"
    grep -q "4 of 4 runs are there already" err || fail "listed: $(cat err)"
    cmp one/paired.csv listed/paired.csv || fail "listed: other results"
    for k in 1 2; do study $small --out host$k --share $k/2 $data || fail "share $k: status $?: $(cat err)"; done
    [ "$(ls host1/raw/*/*.done host2/raw/*/*.done | wc -l)" -eq 4 ] || fail "shares: $(ls host?/raw/*)"
    [ ! -e host1/report.html ] || fail "a share has a page"
    study $small --out all --merge host1,host2 $data || fail "--merge: status $?: $(cat err)"
    grep -q "4 of 4 runs are there already" err || fail "--merge: $(cat err)"
    cmp one/paired.csv all/paired.csv || fail "--merge: other results"
    cut -d , -f 1-4 one/rounds.csv >a && cut -d , -f 1-4 all/rounds.csv | cmp a - || fail "--merge: other rounds"
    # Another result of the same run.
    cd host2/raw/net-width=4
    sed 's/0[.]/1./' round-1.test.csv >new && mv new round-1.test.csv
    { head -n 1 round-1.done; for kind in epochs test run; do sha256sum "round-1.$kind.csv"; done; } >new && mv new round-1.done
    cd "$scratch"
    study $small --out all --merge host2 $data && fail "a differing run: status 0"
    grep -q "net-width=4, round 1: host2 has other results" err || fail "a differing run: $(cat err)"
    for wrong in 0/2 3/2 1 x/y; do
        study $small --share $wrong --out wrong $data && fail "--share $wrong: status 0"
    done
}
finish
