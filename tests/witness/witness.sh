#!/bin/sh
# The programs against PyTorch; see witness.py.
. "$(dirname "$0")/../lib.sh"
need_models
python=${NNGEN_PYTHON:-/usr/bin/python3}
"$python" -c 'import torch, numpy' 2>/dev/null || skip "$python has no torch (Debian: python3-torch)"
[ -z "${NNGEN_SANITIZED:-}" ] || skip "programs with sanitizers cannot be linked by hand"
export NNGEN NNGEN_SOURCE NNGEN_BIN NNGEN_CC NNGEN_LIBRARIES
"$python" "$NNGEN_SOURCE/tests/witness/witness.py" "$scratch"
