#!/bin/sh
# The wheel: built by scikit-build-core, installed in an environment of its own, it compiles and runs a network.
. "$(dirname "$0")/../lib.sh"
[ -z "${NNGEN_SANITIZED:-}" ] || skip "Python is not sanitized"
python=/usr/bin/python3
"$python" -c 'import numpy, scikit_build_core, venv' 2>/dev/null || skip "NumPy, scikit-build-core or venv is missing"
cd "$scratch"
CC=$NNGEN_CC "$python" -m pip wheel "$NNGEN_SOURCE" --no-build-isolation --no-deps -q -w wheel --config-settings=build-dir="$scratch/build" >said 2>&1 ||
    { fail "no wheel: $(tail -n 20 said)"; finish; }
"$python" -m venv --system-site-packages own >said 2>&1 && own/bin/pip install -q --no-deps --no-index wheel/*.whl >said 2>&1 ||
    { fail "not installed: $(tail -n 5 said)"; finish; }
cp "$NNGEN_SOURCE/tests/embed/small.lua" .
unset PYTHONPATH NNGEN NNGEN_HOME
CC=$NNGEN_CC own/bin/python - <<'END' || fail "status $?"
import numpy as np, nngen
m = nngen.compile("small.lua")
x, arm = np.random.rand(64, 3).astype(np.float32), np.arange(64, dtype=np.int32) % 3
lines = m.train({"features": x, "arm": arm})
assert len(lines) == 3 and m.predict(features=x)["arm"].shape == (64,), lines
assert "own/" in nngen.__file__, nngen.__file__
END
finish
