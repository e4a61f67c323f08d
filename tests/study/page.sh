#!/bin/sh
# The study's page, from made-up results: its form, what it says of itself and of runs that are not
# the report's, its bytes.
. "$(dirname "$0")/../lib.sh"
need_tools gnuplot lua5.4 sha256sum
here=$NNGEN_SOURCE/tests/study

# make FOLDER ARCHITECTURES ROUNDS EPOCHS PAIRS: results, and the page of them.
make() {
    lua5.4 "$here/results.lua" "$@"
    "$NNGEN_SOURCE/tools/study" --report --out "$1" >"$scratch/said" 2>"$scratch/err" ||
        fail "$1: status $?"
    [ ! -s "$scratch/err" ] || fail "$1: $(cat "$scratch/err")"
}
# check FOLDER CHECKS...: faults of the page's form.
check() {
    page=$1/report.html
    shift
    lua5.4 "$here/page.lua" "$page" "$@" >"$scratch/faults" 2>&1 || fail "$page cannot be checked"
    while read -r line; do fail "${page#"$scratch"/}: $line"; done <"$scratch/faults"
}
says() { # FOLDER TEXT: in the page and in its Markdown
    grep -qF -e "$2" "$1/report.html" || fail "${1##*/}: the page does not say: $2"
}

all="mlp cnn sharing aux transfer digit"
make "$scratch/whole" "$all" 15 100 1000
check "$scratch/whole" wellformed figures tables keys contrast differences panels introduced compared
says "$scratch/whole" "<code>tools/study --out 'a &amp; b'</code>"
says "$scratch/whole" "nngen 9.8.7"
says "$scratch/whole" "Testing CPU 3000, 2 processors, instruction set avx2; programs compiled by Testing C 1.2"
says "$scratch/whole" "7 to 21 for initial weights"
! grep -q "Not in this run" "$scratch/whole/report.html" || fail "whole: architectures are said to be missing"
grep -q '^| aux | .* | 64,092 |\|^| aux | 64,092 |' "$scratch/whole/report.md" || fail "whole: no table in report.md"

# Other epochs and pairs than the report's.
make "$scratch/short" "$all" 2 3 60
check "$scratch/short" wellformed figures tables keys contrast differences panels introduced departed
grep -q "not compared with the report: 3 epochs in place of 100" "$scratch/said" || fail "short: $(cat "$scratch/said")"
! grep -qE "below|above|within" "$scratch/said" "$scratch/short/table.csv" || fail "short: judged in spite of that"

# What is left out is said, and what needs it; one round has no deviation.
make "$scratch/few" "mlp digit" 1 1 1000
check "$scratch/few" wellformed figures tables keys contrast introduced
says "$scratch/few" "Not in this run, and so in no table or figure: cnn, sharing, aux and transfer"
says "$scratch/few" "Only aux has an auxiliary loss, and it is not in this run"
! grep -q "±" "$scratch/few/report.html" || fail "few: a deviation of one round"

# Results of an older version, which noted neither command nor machine.
sed -i '/^command\|^version\|^val_pairs\|^data_seed/d' "$scratch/few/settings"
for run in "$scratch"/few/raw/*/*.run.csv; do
    cut -d , -f 1-3 "$run" >"$scratch/run"
    cp "$scratch/run" "$run"
done
"$NNGEN_SOURCE/tools/study" --report --out "$scratch/few" >/dev/null || fail "older results: status $?"
says "$scratch/few" "not recorded"

# The same results make the same bytes, wherever they lie and however the folder is named.
prints() { (cd "$1" && find . -type f -exec sha256sum {} + | sort -k 2); }
prints "$scratch/whole" >"$scratch/first"
rm -r "$scratch/whole/figures"
moved="it's \`a\` \"folder\""
mv "$scratch/whole" "$scratch/$moved"
(cd "$scratch" && "$NNGEN_SOURCE/tools/study" --report --out "$moved" >/dev/null) || fail "moved: status $?"
prints "$scratch/$moved" | diff "$scratch/first" - || fail "moved: other bytes"
finish
