#!/bin/sh
# Breaks gradient rules, simplifications and kernels, one at a time, in a copy of the sources: quick
# tests must see every one. Some of the mutants that a seed chooses; all with NNGEN_ALL=1.
. "$(dirname "$0")/../lib.sh"
[ -z "${NNGEN_SANITIZED:-}" ] || skip "once is enough, without sanitizers"
[ -e "$NNGEN_SOURCE/.git" ] || skip "the sources are copied with git"
command -v pkg-config >/dev/null && pkg-config --exists check || skip "the library Check is missing"
list=$NNGEN_SOURCE/tests/mutation/mutants.txt
source=$scratch/source build=$scratch/build
mkdir "$source"
(cd "$NNGEN_SOURCE" && tracked | grep -E '^(CMakeLists.txt|cmake|common|compiler|convert|runtime|arch|tests|tools|python|docs/language.md)' |
    tar -cf - -T -) | tar -xf - -C "$source"

quick="unit_test_differentiate unit_test_simplify unit_test_merge unit_test_plan unit_test_optimizer
    ops_test_ops ops_test_semantics ops_test_dropout ops_test_augment"
cmake -S "$source" -B "$build" -G "$NNGEN_GENERATOR" -DCMAKE_C_COMPILER="$NNGEN_CC" \
    -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_FLAGS_RELEASE=-O1 >/dev/null || { fail "cmake"; finish; }
# shellcheck disable=SC2086
made() { cmake --build "$build" --target $quick nngen nngen_runtime >"$scratch/log" 2>&1; }
made || { tail -n 5 "$scratch/log"; fail "the sources do not build"; finish; }

# Quick tests pass; kernels: compiled networks with odd shapes agree with the interpreter.
quick_tests() {
    for test in $quick; do
        timeout 120 "$build/tests/${test%%_*}/$test" >/dev/null 2>&1 || return 1
    done
}
kernels() {
    for arch in "$source"/tests/models/*.lua "$source/arch/residual.lua"; do
        model=$(basename "$arch" .lua)
        case $model in vgg_small | resnet8 | dscnn) continue ;; esac # compiled and run in minutes
        generated=$scratch NNGEN_LIBRARIES="$build/libnngen_runtime.a $build/libnngraph.a $(pkg-config --libs libprotobuf-c 2>/dev/null || true)"
        "$build/bin/nngen" --isa=avx2,portable -o "$scratch/$model.c" "$arch" 2>/dev/null || return 1
        compile_model "$NNGEN_CC" "$model" "$scratch/$model" -O0 -w -I"$source/tests/fuzz/quick" \
            2>/dev/null || return 1
        case $model in winograd | batch_norm) batch=5 ;; *) batch=37 ;; esac # few where the interpreter takes its time, or many decisions tie
        for isa in "" portable; do
            timeout 120 "$scratch/$model" check --quiet --batch "$batch" ${isa:+--isa "$isa"} \
                >/dev/null 2>&1 || return 1
        done
    done
    # Fewer samples than a tile has rows; several chunks, whose gradients the update adds.
    timeout 120 "$scratch/mixed" check --quiet --batch 3 >/dev/null 2>&1 &&
        timeout 120 "$scratch/chain" check --quiet --batch 200 >/dev/null 2>&1
}
tests_pass() { case $1 in kernel) kernels ;; *) quick_tests ;; esac; }
if ! quick_tests || ! kernels; then fail "the tests fail without a mutant"; finish; fi

# The mutants to try, "kind number".
numbered() { grep -v '^#' "$list" | awk -F '\t' '{ print NR, $1 }'; }
if [ -n "${NNGEN_ALL:-}" ]; then
    chosen=$(numbered | cut -d ' ' -f 1)
else
    : "${NNGEN_SEED:=1}"
    echo "seed $NNGEN_SEED"
    chosen=$(numbered | awk -v seed="$NNGEN_SEED" 'BEGIN { srand(seed) } { print $1, $2, rand() }' |
        sort -k 2,2 -k 3,3 | awk '++seen[$2] <= ($2 == "gradient" ? 4 : 1) { print $1 }')
fi

tried=0 killed=0
for n in $chosen; do
    line=$(grep -v '^#' "$list" | sed -n "${n}p")
    kind=$(printf "%s\n" "$line" | cut -f 1) file=$(printf "%s\n" "$line" | cut -f 2)
    change=$(printf "%s\n" "$line" | cut -f 3)
    cp -p "$source/$file" "$scratch/kept"
    sed "$change" "$scratch/kept" >"$source/$file"
    tried=$((tried + 1))
    if cmp -s "$source/$file" "$scratch/kept"; then
        fail "mutant $n changes nothing: $file: $change"
    elif ! made; then
        grep error: "$scratch/log" | head -n 2
        fail "mutant $n does not build: $file: $change"
    elif tests_pass "$kind"; then
        fail "mutant $n lives: $kind, $file: $change"
    else
        killed=$((killed + 1))
    fi
    cp "$scratch/kept" "$source/$file"
    touch "$source/$file"
done
echo "$killed of $tried mutants were seen"
finish
