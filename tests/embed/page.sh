#!/bin/sh
# The page docs/python.md, from data to curves, as it is written, but with one epoch and few digits.
. "$(dirname "$0")/../lib.sh"
[ -z "${NNGEN_SANITIZED:-}" ] || skip "Python is not sanitized"
/usr/bin/python3 -c 'import numpy, torch' 2>/dev/null || skip "NumPy or torch is missing"
[ -e "${NNGEN_DATA:-}/train-images-idx3-ubyte.gz" ] || skip "MNIST is not there"
[ -e "$NNGEN_BUILD/python/nngen/_nngen.so" ] || skip "the package is not built"
cd "$scratch"
mkdir data
ln -s "$NNGEN_DATA" data/mnist
ln -s "$NNGEN_SOURCE/arch" arch
/usr/bin/python3 -c 'import matplotlib' 2>/dev/null ||
    { mkdir matplotlib && echo 'def __getattr__(name): return lambda *given, **named: None' | tee matplotlib/pyplot.py >matplotlib/__init__.py; }
awk '/^```python/ { on = 1; next } /^```/ { on = 0 } on' "$NNGEN_SOURCE/docs/python.md" |
    sed 's/epochs=5/epochs=1/; s/:55000/:5000/g' >page.py
[ "$(wc -l <page.py)" -gt 25 ] || fail "few lines: $(wc -l <page.py)"
cat >>page.py <<'END'
right = m.evaluate(image=test_images, digit=test_digits)["accuracy"]
print("accuracy", right)
assert right > 0.8 and len(lines) == 1 and "val_loss" in lines[0], lines
END
CC=$NNGEN_CC NNGEN=$NNGEN PYTHONPATH=$NNGEN_BUILD/python:. MPLBACKEND=agg /usr/bin/python3 page.py || fail "status $?"
finish
