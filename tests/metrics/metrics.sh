#!/bin/sh
# A guard for speed that is no clock: what the compiler makes of the generated C of the built models,
# against figures.txt. `tests/metrics/metrics.sh --update` records the figures of now.
. "$(dirname "$0")/../lib.sh"
need_models
here=$NNGEN_SOURCE/tests/metrics
figures=$here/figures.txt

[ -z "${NNGEN_SANITIZED:-}" ] || skip "the generated C is that of other builds"
case $("$NNGEN_CC" --version) in
*clang*) cc=$NNGEN_CC ;;
*) cc=clang ;;
esac
need_tools "$cc"
compiler="clang $("$cc" --version | sed -n 's/.*clang version \([0-9]*\).*/\1/p' | head -n 1)"

# For machines whose C library need not be there. Two compilers at a time: they take most of this test's
# seconds.
targets="x86_64-linux-gnu aarch64-linux-gnu"
# shellcheck disable=SC2016
for target in $targets; do
    echo "$NNGEN_MODELS" | tr ' ' '\n' | sed "/^$/d;s/^/$target /"
done | xargs -n 2 -P 2 sh -c '
    "$1" --target="$5" -ffreestanding -std=c11 -O2 -w -I"$2/runtime" -S -o "$3/$6-$5.s" "$4/$6.c" &&
        "$1" --target="$5" -c -o "$3/$6-$5.o" "$3/$6-$5.s"
' sh "$cc" "$NNGEN_SOURCE" "$scratch" "$generated" || { fail "a model does not compile"; finish; }

: >"$scratch/worse"
for model in $NNGEN_MODELS; do
    awk -v rows="$(registers)" -v max_steps=8 -v max_fmas=256 -v max_lines=400 -f "$here/source.awk" "$generated/$model.c" |
        sed "s/^/$model, /" >>"$scratch/worse"
    echo "$model source lines $(($(wc -l <"$generated/$model.c")))"
    for target in $targets; do
        echo "$model object-${target%%-*} bytes $(($(wc -c <"$scratch/$model-$target.o")))"
        special=$(compiled_isas "$cc --target=$target -ffreestanding" "$generated/$model.c" | sed 's/ .*//;/portable/d')
        awk -v isas="$(echo $special)" -f "$here/assembly.awk" "$scratch/$model-$target.s" | sed "s/^/$model /"
    done
done >"$scratch/now"

if [ "${1:-}" = --update ]; then
    {
        cat <<END
# What $compiler makes of the generated code; see tests/metrics/assembly.awk for the figures.
# tests/metrics/metrics.sh lets none of them get worse by more than a sixth;
# with --update it writes this file.
#
# model, instruction set, kernel, multiply-adds in the hottest loop, vector loads for each of them,
# vector spills in that loop, vector spills in all
END
        cat "$scratch/now"
    } >"$scratch/figures.txt"
    mv "$scratch/figures.txt" "$figures"
fi

assembly=1
if ! grep -q "^# What $compiler makes" "$figures"; then
    assembly=0
    echo "the recorded figures are not of $compiler: only the C is looked at"
fi
awk -v assembly=$assembly -f "$here/compare.awk" "$figures" "$scratch/now" >"$scratch/changed"
[ ! -s "$scratch/changed" ] ||
    echo "If it is meant: tests/metrics/metrics.sh --update, and commit tests/metrics/figures.txt"
cat "$scratch/changed" >>"$scratch/worse"
while read -r line; do fail "$line"; done <"$scratch/worse"
finish
