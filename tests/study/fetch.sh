#!/bin/sh
# tools/fetch-mnist against mirrors that are folders: goes on, checks, tries the next, says what to do.
. "$(dirname "$0")/../lib.sh"
need_tools curl
data=${NNGEN_DATA:-$NNGEN_SOURCE/../shared/mnist}
[ -f "$data/train-images-idx3-ubyte.gz" ] || skip "no MNIST here"
fetch=$NNGEN_SOURCE/tools/fetch-mnist
good=$scratch/good bad=$scratch/bad out=$scratch/out
mkdir "$good" "$bad"
cp "$data"/*.gz "$good"
echo nonsense | gzip >"$bad/train-images-idx3-ubyte.gz"
printf 'cut short' >"$bad/train-labels-idx1-ubyte.gz"

MNIST_MIRRORS="file://$scratch/none file://$bad file://$good"
export MNIST_MIRRORS
"$fetch" "$out" 2>"$scratch/said" || { cat "$scratch/said"; fail "status $?"; }
for file in "$good"/*.gz; do cmp "$file" "$out/$(basename "$file")" || fail "$file is another"; done
[ "$(find "$out" -name '*.part' | wc -l)" -eq 0 ] || fail "parts were left"

# What is there is left alone; what broke off is continued; what is damaged is fetched again.
MNIST_MIRRORS="file://$good"
before=$(ls -i "$out/t10k-labels-idx1-ubyte.gz")
head -c 1000000 "$good/train-images-idx3-ubyte.gz" >"$out/train-images-idx3-ubyte.gz.part"
rm "$out/train-images-idx3-ubyte.gz"
printf 'damaged' >"$out/t10k-images-idx3-ubyte.gz"
head -c 200000 /dev/zero >"$out/t10k-images-idx3-ubyte.gz.part"
"$fetch" "$out" 2>"$scratch/said" || { cat "$scratch/said"; fail "again: status $?"; }
for file in "$good"/*.gz; do cmp "$file" "$out/$(basename "$file")" || fail "again: $file is another"; done
[ "$(ls -i "$out/t10k-labels-idx1-ubyte.gz")" = "$before" ] || fail "a good file was fetched again"

# No network: status 1, and what to put where.
MNIST_MIRRORS="file://$scratch/none http://127.0.0.1:9/mnist"
status=0
"$fetch" "$scratch/empty" 2>"$scratch/said" || status=$?
[ "$status" -eq 1 ] || fail "no mirror: status $status"
grep -q "put them into $scratch/empty" "$scratch/said" || fail "no mirror: $(cat "$scratch/said")"
grep -q "t10k-labels-idx1-ubyte.gz" "$scratch/said" || fail "no mirror: files not named"
status=0
"$fetch" --what 2>/dev/null || status=$?
[ "$status" -eq 2 ] || fail "wrong option: status $status"
finish
