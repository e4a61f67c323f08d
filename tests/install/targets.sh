#!/bin/sh
# The default target holds nngen, the runtime and the programs of arch/, `tests` the programs of tests.
. "$(dirname "$0")/../lib.sh"
[ -e "$NNGEN_BUILD/build.ninja" ] && command -v ninja >/dev/null || skip "the build is not ninja's"
cd "$NNGEN_BUILD"
# `inputs` leaves out what a newer ninja takes for no more than a name of other targets.
{ ninja -t inputs all && ninja -t query all | sed 's/^ *//'; } >"$scratch/all" 2>/dev/null &&
    ninja -t inputs tests >"$scratch/tests" || skip "this ninja is too old"
! grep '^tests/' "$scratch/all" | head -n 5 | grep . || fail "the default target builds tests"
for file in bin/nngen libnngen_runtime.a $(for m in $NNGEN_MODELS; do echo "bin/$m"; done); do
    grep -qx "$file" "$scratch/all" || fail "the default target lacks $file"
done
grep -q '^tests/' "$scratch/tests" || fail "the target \`tests\` builds no tests"
finish
