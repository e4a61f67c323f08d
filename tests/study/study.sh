#!/bin/sh
# A small study: goes on after a kill, makes the same bytes again, notices damage, refuses nonsense.
. "$(dirname "$0")/../lib.sh"
[ -z "${NNGEN_SANITIZED:-}" ] || skip "too slow with sanitizers"
need_models
need_tools gnuplot lua5.4 sha256sum
[ -x "$NNGEN_BIN/../tools/study-pairs" ] || { echo "study-pairs was not built"; exit 1; }
export NNGEN_BIN
small_digits "$scratch/data"
out=$scratch/out

study() {
    "$NNGEN_SOURCE/tools/study" --architectures aux,digit --rounds 2 --epochs 2 --pairs 60 \
        --test-pairs 20 --data "$scratch/data" --out "$out" "$@" >"$scratch/said" 2>"$scratch/err"
}
# Everything that the study leaves, but for measured seconds.
prints() { (cd "$out" && find . -type f ! -name lock -exec sha256sum {} + | sort -k 2); }

# small_digits has too few digits for 500 validation pairs: said, with the run, and status 1.
status=0
study || status=$?
[ "$status" -eq 1 ] || fail "too few digits: status $status"
grep -q "aux, round 0" "$scratch/err" || fail "too few digits: $(cat "$scratch/err")"
[ ! -e "$out/report.html" ] || fail "a report in spite of errors"
[ "$(find "$out/raw" -name 'round-*.??????' | wc -l)" -eq 0 ] || fail "work folders were left"

study() {
    "$NNGEN_SOURCE/tools/study" --architectures aux,digit --rounds 2 --epochs "${epochs:-2}" \
        --pairs 60 --test-pairs 20 --data synthetic --out "$out" "$@" \
        >"$scratch/said" 2>"$scratch/err"
}
rm -rf "$out"
study || { cat "$scratch/err"; fail "status $?"; }
for file in report.html report.md table.csv paired.csv cells.csv distance.csv rounds.csv \
    figures/accuracy.svg figures/losses-digit.svg figures/losses-comparison.svg figures/pairs-aux.svg \
    figures/pairs-digit.svg figures/distance.svg figures/accuracy.png; do
    [ -s "$out/$file" ] || fail "$file is missing"
done
grep -q "drawn digits, not MNIST" "$out/report.html" || fail "the report does not say what data it is"
[ "$(grep -c "<svg" "$out/report.html")" -ge 6 ] || fail "figures are not in the page"
grep -q "<code>tools/study --architectures aux,digit --rounds 2 .* --out $out</code>" "$out/report.html" ||
    fail "the page does not say the command"
grep -qE "processors?, instruction set $(isas aux | head -n 1); programs compiled by .*[0-9]" "$out/report.html" ||
    fail "the page does not say the machine"
grep -q "$("$NNGEN" --version)" "$out/report.html" || fail "the page does not say the version"
if grep -Eq '(src|href)="?(http|figures)' "$out/report.html"; then fail "the page needs other files"; fi
[ "$(grep -c , "$out/rounds.csv")" -eq 5 ] || fail "rounds.csv: $(cat "$out/rounds.csv")"
prints >"$scratch/first"

# The same again: nothing is trained, and the same bytes come out; so with --report alone.
study || fail "again: status $?"
grep -q "4 of 4 runs are there already" "$scratch/err" || fail "again: $(cat "$scratch/err")"
prints | diff "$scratch/first" - || fail "again: other bytes"
rm -r "$out/figures" "$out/report.html" "$out/table.csv"
study --report || fail "--report: status $?"
prints | diff "$scratch/first" - || fail "--report: other bytes"

# A damaged file: the report alone cannot trust it, the study does that round again.
echo "0,1,1,0,1,0" >>"$out/raw/digit/round-1.pairs.csv"
study || fail "damaged: status $?"
grep -q "3 of 4 runs are there already" "$scratch/err" || fail "damaged: $(cat "$scratch/err")"
tail -n +2 "$out/table.csv" | cut -d , -f 1-6,8- >"$scratch/table"
: >"$out/raw/aux/round-0.epochs.csv"
if study --report; then fail "an empty file was accepted"; fi
grep -q "aux/round-0.epochs.csv" "$scratch/err" || fail "empty: $(cat "$scratch/err")"

# Killed in the middle, softly and hard: the same command goes on, and comes to the same tables.
for signal in INT TERM KILL; do
    rm -rf "$out"
    epochs=60
    "$NNGEN_SOURCE/tools/study" --architectures aux,digit --rounds 2 --epochs 60 --pairs 60 \
        --test-pairs 20 --data synthetic --out "$out" --jobs 1 >/dev/null 2>"$scratch/err" &
    process=$!
    tries=0
    until [ -e "$out/raw/aux/round-0.done" ] || [ "$tries" -gt 200 ]; do
        sleep 0.05
        tries=$((tries + 1))
    done
    # A background process of a shell without job control ignores SIGINT: TERM stands for it.
    [ "$signal" != INT ] || signal=TERM
    kill -"$signal" "$process"
    status=0
    wait "$process" || status=$?
    [ "$status" -ne 0 ] || fail "$signal: status 0"
    if [ "$signal" = KILL ]; then
        # The rounds at work lose their master and end on their own.
        sleep 1
    fi
    study || { cat "$scratch/err"; fail "after $signal: status $?"; }
    tail -n +2 "$out/table.csv" | cut -d , -f 1-6,8- >"$scratch/table-$signal"
done
cmp "$scratch/table-TERM" "$scratch/table-KILL" || fail "tables differ after interruptions"

# Nonsense.
for options in "--rounds 0" "--rounds x" "--what" "--architectures mlp,nothing" "--rounds" \
    "--architectures mlp,mlp" "--pairs -1"; do
    status=0
    # shellcheck disable=SC2086
    "$NNGEN_SOURCE/tools/study" $options >/dev/null 2>"$scratch/err" || status=$?
    [ "$status" -eq 2 ] || fail "$options: status $status"
    [ "$(wc -l <"$scratch/err")" -eq 1 ] || fail "$options: $(cat "$scratch/err")"
done
"$NNGEN_SOURCE/tools/study" --help | grep -q "usage: tools/study" || fail "no help"
status=0
"$NNGEN_SOURCE/tools/study" --data "$scratch/none" --out "$out" 2>"$scratch/err" || status=$?
[ "$status" -eq 1 ] || fail "no data: status $status"
grep -q "fetch-mnist" "$scratch/err" || fail "no data: $(cat "$scratch/err")"
status=0
NNGEN_BIN=$scratch "$NNGEN_SOURCE/tools/study" --out "$out" 2>"$scratch/err" || status=$?
[ "$status" -eq 1 ] || fail "no programs: status $status"

# A full disk: an error that names a place, no report.
if mount_small 64k "$scratch/disk"; then
    out=$scratch/disk/out
    if study; then fail "full disk: status 0"; fi
    [ -s "$scratch/err" ] || fail "full disk: nothing said"
    [ ! -e "$out/report.html" ] || fail "full disk: a report"
    unmount "$scratch/disk"
fi
finish
