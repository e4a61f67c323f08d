"""Faults of a test, and the distances of what is found from what PyTorch gives."""

import sys

failures = []


def expect(ok, words):
    if not ok:
        print("FAILED:", words, flush=True)
        failures.append(words)
    return ok


def finish():
    print("%d failures" % len(failures) if failures else "ok")
    sys.exit(1 if failures else 0)


def largest_error(found, wanted, size=None):
    """The largest difference relative to `size`, else to the wanted tensor's largest value."""
    if tuple(found.shape) != tuple(wanted.shape):
        return float("inf")
    off = (found - wanted).abs().max().item() if wanted.numel() else 0
    size = wanted.abs().max().item() if size is None else size
    if off != off:
        return float("inf")
    return off / size if off and size else (float("inf") if off else 0)


def norm_error(found, wanted):
    """The norm of the difference relative to the wanted tensor's."""
    return ((found - wanted).norm() / wanted.norm()).item() if wanted.norm() else 0
