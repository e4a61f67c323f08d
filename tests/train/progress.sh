#!/bin/sh
# Progress on terminals of several widths, seen through a pseudo-terminal: one line that is drawn
# anew, never reaches the last column and leaves nothing behind; plain lines where there is no
# terminal; and what stays: a table for each round, then mean and deviation.
. "$(dirname "$0")/../lib.sh"
need_models
"$NNGEN_CC" -std=c11 -Wall -Wextra -Wno-unused-result "$NNGEN_SOURCE/tests/train/terminal.c" \
    -o "$scratch/terminal" || { fail "terminal.c does not compile"; finish; }
TERM=xterm NNGEN_DATA=synthetic
export TERM NNGEN_DATA
unset COLUMNS
cd "$scratch"

seen() {
    # shellcheck disable=SC2086
    "$scratch/terminal" "$1" "$2" train $run $3 >"$scratch/seen" || fail "$*: status $?"
}
without_time() { tr -d '\r' | sed 's/, [0-9.]* s$//'; }

# As many pairs as keep this machine busy long enough for a few lines.
pairs=400 spent=0
while [ "$spent" -lt 1000000000 ] && [ "$pairs" -lt 100000 ]; do
    pairs=$((pairs * 2))
    run="--data synthetic --epochs 8 --rounds 2 --pairs $pairs --threads 1"
    begun=$(date +%s%N)
    # shellcheck disable=SC2086
    "$(program aux)" train $run --quiet >"$scratch/out" 2>"$scratch/err" || fail "status $?"
    spent=$(($(date +%s%N) - begun))
done
without_time <"$scratch/out" >"$scratch/tables"
[ ! -s "$scratch/err" ] || fail "--quiet: $(cat "$scratch/err")"
cat >"$scratch/expected" <<'END'
round 1/2, seed 0
                  train     val    test
loss             N  N  N
accuracy         N  N  N
comparison_loss  N  N  N
digit_loss       N  N  N

round 2/2, seed 1
                  train     val    test
loss             N  N  N
accuracy         N  N  N
comparison_loss  N  N  N
digit_loss       N  N  N

2 rounds, seeds 0 to 1
                             train     val    test
loss             mean       N  N  N
                 deviation  N  N  N
accuracy         mean       N  N  N
                 deviation  N  N  N
comparison_loss  mean       N  N  N
                 deviation  N  N  N
digit_loss       mean       N  N  N
                 deviation  N  N  N
END
sed 's/[0-9]\.[0-9]\{4\}/N/g' "$scratch/tables" | diff "$scratch/expected" - ||
    fail "the tables look otherwise"

# Mean and deviation are those of the rounds.
awk '/^round/ { rounds++ }
    /^accuracy  *[0-9]/ { v[rounds] = $4 }
    /^accuracy  *mean/ { mean = $5; next_is = 1; next }
    next_is { deviation = $4; next_is = 0 }
    END {
        m = (v[1] + v[2]) / 2; d = sqrt((v[1] - m) ^ 2 + (v[2] - m) ^ 2)
        exit !(rounds == 2 && (mean - m) ^ 2 < 2e-8 && (deviation - d) ^ 2 < 2e-8)
    }' "$scratch/tables" || fail "mean or deviation of the test accuracy: $(cat "$scratch/tables")"

for width in 20 40 60 80 200 0; do
    seen $width "$(program aux)" ""
    columns=$width
    [ $width -gt 0 ] || columns=80
    sed -n 's/^drawn //p' "$scratch/seen" >"$scratch/drawn"
    [ "$(wc -l <"$scratch/drawn")" -ge 2 ] || fail "$width columns: no progress: $(cat "$scratch/seen")"
    [ "$(awk '{ if (length > most) most = length } END { print most + 0 }' "$scratch/drawn")" -lt "$columns" ] ||
        fail "$width columns: a line is too long: $(cat "$scratch/drawn")"
    if grep -vE '^(\[#*\.*\] )? *[0-9]+%(  [0-9:]+ left)?(  round [12]/2)?(  epoch [1-8]/8)?(  loss [0-9.e-]+)?(  val_[a-z_]+ [0-9.e-]+)*(  [0-9,]+ samples/s)?(  lr [0-9.e-]+)?(  grad_norm [0-9.e-]+)?$' \
        "$scratch/drawn"; then
        fail "$width columns: the line looks otherwise"
    fi
    if grep -q '^escape' "$scratch/seen"; then fail "$width columns: escape sequences"; fi
    if [ $width -ge 60 ]; then
        if grep '^wrapped' "$scratch/seen"; then fail "$width columns: lines are too long"; fi
        sed -n 's/^left //p' "$scratch/seen" | without_time | diff "$scratch/tables" - ||
            fail "$width columns: this is left behind"
    elif grep '^[lw][a-z]* .*%' "$scratch/seen"; then
        fail "$width columns: progress is left behind"
    fi
    case $width in
    20) words='^ *[0-9]+%  [0-9:]+ left$' ;;
    40) words='%  [0-9:]+ left  round 1/2  epoch' ;;
    60) words='^\[#*\.*\] .* left  round 2/2  epoch [1-8]/8' ;;
    80 | 0) words='^\[#*\.*\] .* round 2/2  epoch [1-8]/8  loss ' ;;
    200) words='val_accuracy .*  val_comparison_loss .*  val_digit_loss .*  val_loss .* samples/s  lr ' ;;
    esac
    grep -qE "$words" "$scratch/drawn" || fail "$width columns: no '$words': $(cat "$scratch/drawn")"
done

# COLUMNS counts where the terminal does not know; a terminal that is made narrower is asked again.
COLUMNS=100 seen 0 "$(program aux)" ""
grep -q '^drawn .*val_accuracy' "$scratch/seen" || fail "COLUMNS is not read: $(cat "$scratch/seen")"
seen 200,60 "$(program aux)" ""
[ "$(sed -n 's/^drawn //p' "$scratch/seen" | tail -n 1 | wc -c)" -le 60 ] ||
    fail "a terminal that became narrow: $(cat "$scratch/seen")"

# JSON lines stay whole; --quiet shows nothing; phases have their place.
seen 80 "$(program aux)" --json
grep -q '^drawn ' "$scratch/seen" || fail "--json on a terminal: no progress"
if grep -v '^drawn ' "$scratch/seen" | grep -vE '^wrapped|^left .*\}.?$'; then fail "--json on a terminal"; fi
sed -n 's/^\(left\|wrapped\) //p' "$scratch/seen" | tr -d '\r\n' | sed 's/}{/}\n{/g' >"$scratch/json"
[ "$(grep -c '^{"event".*}$' "$scratch/json")" -eq 20 ] || fail "--json on a terminal: $(cat "$scratch/json")"
seen 80 "$(program aux)" --quiet
if grep '^drawn' "$scratch/seen"; then fail "--quiet on a terminal"; fi
seen 80 "$(program transfer)" ""
grep -qE '^drawn .*round 1/2  phase 2/2  epoch [1-4]/4' "$scratch/seen" ||
    fail "phases: $(cat "$scratch/seen")"

# Plain lines.
plain='^ *[0-9]+%(  [0-9:]+ left)?  round [12]/2  epoch [1-8]/8  loss [0-9.]+(  val_[a-z_]+ [0-9.]+)*(  [0-9,]+ samples/s)?  lr [0-9.e-]+  grad_norm [0-9.e-]+$'
TERM=dumb seen 80 "$(program aux)" ""
if grep '^drawn\|^escape' "$scratch/seen"; then fail "TERM=dumb: a line is drawn over"; fi
# shellcheck disable=SC2086
"$(program aux)" train $run >"$scratch/out" 2>"$scratch/err" || fail "status $?"
without_time <"$scratch/out" | cmp - "$scratch/tables" || fail "other results without a terminal"
if grep -vE "$plain" "$scratch/err"; then fail "plain lines look otherwise"; fi
grep -q '^100%  round 2/2  epoch 8/8' "$scratch/err" || fail "no last line: $(cat "$scratch/err")"
finish
