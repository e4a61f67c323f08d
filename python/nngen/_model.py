"""A network: a compiled model with its weights."""

from __future__ import annotations

import ctypes
import math
import os
import threading
import time
from dataclasses import dataclass
from typing import Any, Callable, Mapping

import numpy as np

from . import _native
from ._arrays import field_array

_KINDS = ("input", "label", "target")
_COUNT = 2  # NN_COUNT
_PART = 256  # samples of a call: evaluations give the bits of the programs' `eval`


class Error(RuntimeError):
    """nngen, or a model that it made, refuses what it was asked."""


@dataclass(frozen=True)
class Field:
    """A field that the model reads: `kind` is "input", "label" or "target", `shape` that of one sample.
    `classes` counts a label's classes. `predicts`: predictions read it."""

    name: str
    kind: str
    shape: tuple[int, ...]
    classes: int
    class_names: tuple[str, ...] | None
    predicts: bool


class _Handle:
    """A handle of nn.h, with the types of its fields."""

    def __init__(self, model: "Model", batch: int, owner: "_Handle | None" = None):
        self.types = (ctypes.c_int * max(1, len(model.fields)))()
        words = ctypes.create_string_buffer(_native.WORDS)
        isa = model._isa.encode() if model._isa else None
        self.pointer = _native.library.nnpy_open(
            model._pointer, owner.pointer if owner else None, batch, model.threads, isa, self.types, words)
        if not self.pointer:
            raise Error(f"{model.name}: {words.value.decode()}")
        self.net = _native.library.nnpy_net(self.pointer)
        self.batch = batch
        self.owner = owner  # lives as long as this

    def check(self, ok: bool) -> None:
        if not ok:
            raise Error(_native.library.nn_words(self.net).decode())

    def __del__(self) -> None:
        if getattr(self, "pointer", None):
            _native.library.nnpy_close(self.pointer)


class Model:
    """A compiled network with its weights, which are drawn at first (seed 0). Made by `nngen.load` or
    `nngen.compile`.

    `predict` may be called by several threads at once; all other methods change the model, or wait for
    nobody, and want it for themselves."""

    def __init__(self, path: str | os.PathLike, threads: int | None = None, isa: str | None = None):
        path = os.path.abspath(os.fspath(path))
        try:
            self._library = ctypes.CDLL(path)
        except OSError as error:
            raise Error(str(error)) from None
        try:
            self._pointer = ctypes.c_void_p.in_dll(self._library, "nngen_model")
        except ValueError:
            raise Error(f"{path}: no library that nngen build --shared made") from None
        about = _native.describe(self._pointer)
        if about is None:
            raise Error(f"{path}: was made by another version of nngen than this package has")
        self.name: str = about["name"]
        self.fields: dict[str, Field] = {
            f["name"]: Field(f["name"], _KINDS[f["kind"]], tuple(f["shape"]), f["classes"],
                             tuple(f["class_names"]) if f["class_names"] else None, bool(f["predicts"]))
            for f in about["fields"]
        }
        self.predictions: list[str] = [p["name"] for p in about["predictions"]]
        self.metrics: list[str] = [m["name"] for m in about["metrics"]]
        self.threads = threads or _native.library.nnpy_processors()
        self._about = about
        self._isa = isa
        self._lock = threading.Lock()
        self._free: list[_Handle] = []
        self._measured = False
        self._own = _Handle(self, max([_PART] + [phase["batch"] for phase in about["phases"]]))
        self.init(0)

    def __repr__(self) -> str:
        count = sum(math.prod(p["shape"]) for p in self._about["params"])
        return f"<nngen.Model {self.name}: {count} parameters, {self.isa}>"

    @property
    def isa(self) -> str:
        """The instruction set that it runs on."""
        return _native.library.nn_isa(self._own.net).decode()

    def init(self, seed: int = 0) -> None:
        """Draws all parameters: the values of `init --seed` of a program."""
        self._own.check(_native.library.nn_init(self._own.net, seed))

    def load(self, weights: str | os.PathLike | bytes) -> None:
        """Takes parameters, means and deviations from a safetensors file, or the bytes of one: of `save`,
        of a program's `train --save`, or of PyTorch."""
        if isinstance(weights, (bytes, bytearray, memoryview)):
            data = bytes(weights)
            ok = _native.library.nn_load_memory(self._own.net, data, len(data))
        else:
            ok = _native.library.nn_load(self._own.net, os.fsencode(weights))
        if not ok:
            what = "" if isinstance(weights, (bytes, bytearray, memoryview)) else f"{os.fspath(weights)}: "
            raise Error(what + _native.library.nn_words(self._own.net).decode())
        self._measured = True

    def save(self, path: str | os.PathLike) -> None:
        """Writes parameters, means and deviations as a safetensors file."""
        if not _native.library.nn_save(self._own.net, os.fsencode(path)):
            raise Error(f"{os.fspath(path)}: {_native.library.nn_words(self._own.net).decode()}")

    def state_dict(self) -> dict[str, np.ndarray]:
        """Copies of all parameters and running statistics, by PyTorch's names and in its shapes."""
        state = {}
        for param in self._about["params"]:
            values = np.empty(param["shape"], np.float32)
            name = param["name"].encode()
            self._own.check(_native.library.nn_get(self._own.net, name, values.ctypes.data))
            state[param["name"]] = values.astype(np.int64) if param["role"] == _COUNT else values
        for name, index in self._about["ties"]:
            state[name] = state[self._about["params"][index]["name"]].copy()
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Takes parameters from arrays or tensors by name, as `state_dict` gives them; all must be there, and
        no other. Nothing changes where one is missing, unknown or of another shape."""
        params = {p["name"]: p for p in self._about["params"]}
        params.update({name: self._about["params"][index] for name, index in self._about["ties"]})
        unknown, missing = sorted(set(state) - set(params)), sorted(set(params) - set(state))
        if unknown or missing:
            raise Error("; ".join(filter(None, [
                f"unknown: {', '.join(unknown)}" if unknown else "",
                f"missing: {', '.join(missing)}" if missing else ""])))
        arrays = {}
        for name, value in state.items():
            array = np.asarray(value.detach().cpu().float().numpy() if hasattr(value, "detach") else value)
            if array.dtype.kind not in "fiub":
                raise TypeError(f"{name}: elements of type {array.dtype}; numbers are wanted")
            if array.shape != tuple(params[name]["shape"]):
                raise Error(f"{name}: shape {array.shape}; {tuple(params[name]['shape'])} is wanted")
            arrays[name] = np.array(array, np.float32, order="C")
        for name, array in arrays.items():
            self._own.check(_native.library.nn_set(self._own.net, name.encode(), array.ctypes.data))

    def _arrays(self, values: Mapping[str, Any], wanted: Callable[[Field], bool]
                ) -> tuple[dict[str, tuple[np.ndarray, int]], int]:
        """Arrays by field, with their types, and the number of samples."""
        unknown = [name for name in values if name not in self.fields]
        if unknown:
            raise Error(f'{self.name} has no field "{unknown[0]}"; it has {", ".join(self.fields) or "none"}')
        missing = [f.name for f in self.fields.values() if wanted(f) and f.name not in values]
        if missing:
            raise Error(f'field "{missing[0]}" is missing')
        arrays = {name: field_array(self.fields[name], value) for name, value in values.items()}
        lengths = {name: len(array) for name, (array, _) in arrays.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError("fields have different numbers of samples: "
                             + ", ".join(f"{name} {n}" for name, n in lengths.items()))
        n = next(iter(lengths.values()), 0)
        if arrays and n == 0:
            raise ValueError("there are no samples")
        return arrays, n

    def _point(self, handle: _Handle, arrays: Mapping[str, tuple[np.ndarray, int]]) -> Any:
        """What NnCall.fields is to point to."""
        pointers = (ctypes.c_void_p * max(1, len(self.fields)))()
        for i, name in enumerate(self.fields):
            if name in arrays:
                array, kind = arrays[name]
                pointers[i] = array.ctypes.data
                handle.types[i] = kind
        return pointers

    def predict(self, *, samples: int | None = None, first: int = 0, **fields: Any) -> dict[str, np.ndarray]:
        """Predictions for n samples, each field an array (n, ...): classes as int64 (n,), -1 where what they
        are chosen by overflows; other values as float32, (n,) or (n, values).

        A network that reads no field takes `samples`; `first` is the index of the first sample, which
        decides what nn.randn and nn.rand draw."""
        arrays, n = self._arrays(fields, lambda f: f.predicts)
        if not arrays:
            if not samples or samples < 1:
                raise ValueError("samples=... says how many")
            n = samples
        out, pointers = {}, (ctypes.c_void_p * max(1, len(self.predictions)))()
        for i, p in enumerate(self._about["predictions"]):
            out[p["name"]] = np.empty((n, p["count"]) if p["count"] > 1 else n, np.float32)
            pointers[i] = out[p["name"]].ctypes.data
        with self._lock:
            handle = self._free.pop() if self._free else None
        if handle is None:
            handle = _Handle(self, _PART, self._own)
        try:
            handle.check(_native.library.nn_predict_from(handle.net, first, n, self._point(handle, arrays), pointers))
        finally:
            with self._lock:
                if handle.owner is self._own:
                    self._free.append(handle)
        for p in self._about["predictions"]:
            if p["classes"]:
                values = out[p["name"]]
                out[p["name"]] = np.where(np.isfinite(values), values, -1).astype(np.int64)
        return out

    def evaluate(self, **fields: Any) -> dict[str, float]:
        """Loss and metrics of n samples: the numbers of `eval` of a program."""
        arrays, n = self._arrays(fields, lambda f: True)
        loss, metrics = ctypes.c_double(), (ctypes.c_double * max(1, len(self.metrics)))()
        self._own.check(_native.library.nn_evaluate(
            self._own.net, n, self._point(self._own, arrays), ctypes.byref(loss), metrics))
        return {"loss": loss.value, **dict(zip(self.metrics, metrics))}

    def gradient(self, **fields: Any) -> tuple[float, dict[str, np.ndarray]]:
        """Loss and gradients of n samples at the weights as they are, without dropout; where phases
        take turns (nn.alternate) the loss is that of the last step, and gradients of others are zero."""
        arrays, n = self._arrays(fields, lambda f: True)
        handle = self._room(n)
        loss = ctypes.c_double()
        handle.check(_native.library.nn_gradient(
            handle.net, n, self._point(handle, arrays), ctypes.byref(loss)))
        gradients = {}
        for index in self._about["phases"][-1]["trained"]:
            param = self._about["params"][index]
            values = np.empty(param["shape"], np.float32)
            handle.check(_native.library.nn_gradient_of(handle.net, param["name"].encode(), values.ctypes.data))
            gradients[param["name"]] = values
        return loss.value, gradients

    def _room(self, batch: int) -> _Handle:
        """The model's own handle, with room for such batches."""
        if batch > self._own.batch:
            size = _native.library.nn_save_memory(self._own.net, None, 0)
            data = ctypes.create_string_buffer(size)
            _native.library.nn_save_memory(self._own.net, data, size)
            handle = _Handle(self, batch)
            handle.check(_native.library.nn_load_memory(handle.net, data.raw, size))
            with self._lock:
                self._own = handle
                self._free.clear()
        return self._own

    def train(self, data: Mapping[str, Any], *, val: Mapping[str, Any] | None = None, epochs: int | None = None,
              steps: int | None = None, batch: int | None = None, seed: int = 0,
              callback: Callable[[dict[str, Any]], Any] | None = None) -> list[dict[str, Any]]:
        """Trains all phases of the architecture from the weights as they are: the bits of `train --seed` of
        a program that begins with them.

        `data` has an array (n, ...) for each field; `val`, if given, is evaluated after each epoch. `epochs`
        (or `steps`, where phases count these) and `batch` replace what the architecture says, for each
        phase. `callback` gets a line after each epoch, and ends the training by returning False. Returns all
        lines: phase, epoch, step, loss, seconds and, with `val`, val_loss, val_accuracy and so on."""
        arrays, n = self._arrays(data, lambda f: True)
        if val is not None:
            self._arrays(val, lambda f: True)
        phases = self._about["phases"]
        if not phases:
            raise Error(f"{self.name} was made for inference alone")
        handle = self._room(batch or max(phase["batch"] for phase in phases))
        if not self._measured:
            handle.check(_native.library.nn_measure(handle.net, n, self._point(handle, arrays)))
            self._measured = True
        lines: list[dict[str, Any]] = []
        for number, phase in enumerate(phases):
            length = (steps if phase["steps"] else epochs) or 0
            if not _native.library.nnpy_begin(handle.pointer, number, n, batch or 0, length, seed):
                handle.check(False)
            if not self._train_phase(handle, number, arrays, n, val, callback, lines):
                break
        handle.check(_native.library.nn_end(handle.net))
        return lines

    def _train_phase(self, handle: _Handle, number: int, arrays: Mapping[str, tuple[np.ndarray, int]], n: int,
                     val: Mapping[str, Any] | None, callback: Callable[[dict[str, Any]], Any] | None,
                     lines: list[dict[str, Any]]) -> bool:
        """Adds a line for each epoch; False if the callback ended it."""
        native, loss = _native.library, ctypes.c_double()
        order = np.empty(n, np.int32)
        epoch, step, first, total, begun = 0, 0, 0, 0.0, time.monotonic()
        while wanted := native.nn_wanted(handle.net):
            if first == 0:
                handle.check(native.nn_order(handle.net, order.ctypes.data))
            rows = order[first:first + wanted]
            batch = {name: (array[rows], kind) for name, (array, kind) in arrays.items()}
            handle.check(native.nn_train_step(handle.net, wanted, self._point(handle, batch), ctypes.byref(loss)))
            first, step, total = first + wanted, step + 1, total + loss.value * wanted
            if not math.isfinite(loss.value):
                raise Error(f"step {step}: the loss is {loss.value}")
            if native.nn_wanted(handle.net) and native.nn_epoch(handle.net) == epoch:
                continue
            epoch = native.nn_epoch(handle.net)
            line = {"phase": number + 1, "epoch": epoch, "step": step, "loss": total / first}
            if val is not None:
                line.update({f"val_{name}": value for name, value in self.evaluate(**val).items()})
            line["seconds"] = time.monotonic() - begun
            lines.append(line)
            if callback and callback(dict(line)) is False:
                return False
            first, total = 0, 0.0
        return True
