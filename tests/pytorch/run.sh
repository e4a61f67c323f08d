#!/bin/sh
# Comparisons with PyTorch: run.sh SCRIPT ARGUMENT...: runs compare_SCRIPT.py in a folder of its own.
. "$(dirname "$0")/../lib.sh"
python=${NNGEN_PYTHON:-/usr/bin/python3}
"$python" -c 'import torch, numpy' 2>/dev/null || skip "$python has no torch (Debian: python3-torch)"
[ "$1" = ops ] || [ -z "${NNGEN_SANITIZED:-}" ] || skip "programs with sanitizers cannot be linked by hand"
export NNGEN NNGEN_SOURCE NNGEN_BIN NNGEN_CC NNGEN_LIBRARIES PYTHONDONTWRITEBYTECODE=1
script=$NNGEN_SOURCE/tests/pytorch/compare_$1.py
shift
cd "$scratch"
"$python" "$script" "$@"
