"""From architectures, or libraries, to models."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from . import _native
from ._model import Error, Model

_folders: list[str] = []


def _remove() -> None:
    for folder in _folders:
        shutil.rmtree(folder, ignore_errors=True)


def _nngen() -> str:
    """The compiler: $NNGEN, the package's own, or the one in PATH."""
    own = _native.HOME / "bin" / "nngen"
    found = os.environ.get("NNGEN") or (str(own) if own.exists() else shutil.which("nngen"))
    if not found:
        raise Error("nngen is not in PATH; NNGEN=... names it")
    return found


def load(path: str | os.PathLike, *, threads: int | None = None, isa: str | None = None) -> Model:
    """The model of a library that `nngen build --shared` made. `threads`: at most so many, all processors
    if left out; `isa`: an instruction set, the best one if left out. Neither changes a bit of a result."""
    return Model(path, threads, isa)


def compile(arch: str | os.PathLike, *, output: str | os.PathLike | None = None, threads: int | None = None,
            isa: str | None = None, options: tuple[str, ...] = (), **values: Any) -> Model:
    """Compiles an architecture and loads it. `values` are those of nn.param, as width=8; `options` go to
    nngen build; `output` keeps the library there. Needs a C compiler: clang, gcc or the one that $CC
    names."""
    arch = os.fspath(arch)
    if output is None:
        if not _folders:
            atexit.register(_remove)
        _folders.append(tempfile.mkdtemp(prefix="nngen-"))
        output = Path(_folders[-1]) / (Path(arch).stem + ".so")
    words = [_nngen(), "build", "--shared", "-o", os.fspath(output), *options]
    for name, value in values.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        words += ["-D", f"{name}={text}"]
    done = subprocess.run([*words, arch], capture_output=True, text=True)
    if done.returncode:
        raise Error(done.stderr.strip())
    return Model(output, threads, isa)
