#!/bin/sh
# The example of a program with a network inside: a CMake project of its own that adds nngen.
. "$(dirname "$0")/../lib.sh"
[ -z "${NNGEN_SANITIZED:-}" ] || skip "sanitizers: the example is built in the plain builds"
need_tools cmake

cmake -S "$NNGEN_SOURCE/examples/embed" -B "$scratch" -DCMAKE_C_COMPILER="$NNGEN_CC" \
    ${NNGEN_GENERATOR:+-G "$NNGEN_GENERATOR"} >"$scratch/log" 2>&1 &&
    cmake --build "$scratch" --parallel 2 >>"$scratch/log" 2>&1 || {
    tail -n 40 "$scratch/log"
    fail "the example does not build"
    finish
}
"$scratch/embed" || fail "status $?"
"$scratch/embed" -0.3 0.6 | grep -q '^the point (-0.30, 0.60) lies on arm [012]$' || fail "another point: no answer"
# Of what is no number there is no class.
if "$scratch/embed" nan 0 >"$scratch/said" 2>"$scratch/err"; then fail "a point that is none: status 0"; fi
grep -q 'no answer for this point' "$scratch/err" && ! grep arm "$scratch/said" ||
    fail "a point that is none: $(cat "$scratch/err" "$scratch/said")"
! nm -u "$scratch/embed" | grep -E 'pthread|gzopen|lua' || fail "the example needs more than libm"
finish
