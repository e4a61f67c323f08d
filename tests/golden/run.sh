#!/bin/sh
# Golden tests: for each x.lua the expectation files beside it say what is compared.
#   x.summary x.graph x.dot x.plan x.loops x.c   standard output with --emit=<kind>
#   x.dump                               standard error; the options say what is dumped
#   x.err                                standard error, status 1 and nothing on standard output
# A first line `-- nngen: OPTIONS` gives options. NNGEN_UPDATE=1 rewrites the expectations that
# are there; to begin with a new one, create it empty.
. "$(dirname "$0")/../lib.sh"
cd "$NNGEN_SOURCE/tests/golden"

cases=0
for file in *.lua; do
    [ -e "$file" ] || continue
    base=${file%.lua}
    options=$(sed -n '1s/^-- nngen: *//p' "$file")
    found=
    for kind in summary graph dot plan loops c dump err; do
        [ -e "$base.$kind" ] || continue
        found=yes
        cases=$((cases + 1))
        case $kind in dump | err) emit= ;; *) emit=--emit=$kind ;; esac
        status=0
        # shellcheck disable=SC2086
        "$NNGEN" $emit $options "$file" >"$scratch/out" 2>"$scratch/err" || status=$?
        case $kind in
        err)
            result=$scratch/err
            [ "$status" -eq 1 ] || fail "$file: status $status instead of 1"
            [ ! -s "$scratch/out" ] || fail "$file: output in spite of errors"
            ;;
        dump)
            result=$scratch/err
            [ "$status" -eq 0 ] || fail "$file: status $status"
            ;;
        *)
            result=$scratch/out
            if [ "$status" -ne 0 ] || [ -s "$scratch/err" ]; then
                cat "$scratch/err"
                fail "$file ($kind): status $status"
            fi
            ;;
        esac
        if [ -n "${NNGEN_UPDATE:-}" ]; then
            cmp -s "$result" "$base.$kind" || { cp "$result" "$base.$kind"; echo "new: $base.$kind"; }
        else
            diff -u "$base.$kind" "$result" | head -n 40 >"$scratch/diff"
            if [ -s "$scratch/diff" ]; then
                cat "$scratch/diff"
                fail "$base.$kind"
            fi
        fi
    done
    [ -n "$found" ] || case $(sed -n 1p "$file") in
    "-- part"*) ;;
    *) fail "$file has no expectation" ;;
    esac
done
echo "$cases cases"
[ "$cases" -gt 0 ] || fail "no cases"
finish
