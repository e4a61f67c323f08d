"""Arrays of callers as the values of fields: their memory, not a copy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

# NnType of model.h
_TYPES = {
    "uint8": 1, "bool": 1, "int8": 2, "uint16": 3, "int16": 4, "int32": 5, "int64": 6,
    "float16": 7, "float32": 9, "float64": 10,
}
_BF16 = 8
_LABELS = (1, 3, 5, 6)


def _as_numpy(value: Any) -> tuple[np.ndarray, int | None]:
    """The array, and its NnType where NumPy has none."""
    if isinstance(value, np.ndarray):
        return value, None
    if hasattr(value, "detach") and hasattr(value, "device"):  # torch.Tensor
        tensor = value.detach()
        if tensor.device.type != "cpu":
            raise ValueError(f"a tensor on {tensor.device}; move it here with .cpu()")
        if str(tensor.dtype) == "torch.bfloat16":
            import torch

            return tensor.view(torch.int16).numpy(), _BF16
        return tensor.numpy(), None
    if hasattr(value, "__dlpack__"):
        return np.from_dlpack(value), None
    return np.asarray(value), None


def field_array(field: Any, value: Any) -> tuple[np.ndarray, int]:
    """A field's values of n samples, (n, ...), and their NnType. Raises TypeError or ValueError that names
    the field."""
    where = f'field "{field.name}"'
    try:
        array, kind = _as_numpy(value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise type(error)(f"{where}: {error}") from None
    if kind is None:
        kind = _TYPES.get(array.dtype.newbyteorder("=").name)
    if kind is None:
        raise TypeError(f"{where}: elements of type {array.dtype}; {', '.join(_TYPES)} are wanted")
    if field.kind == "label" and kind not in _LABELS:
        raise TypeError(f"{where}: elements of type {array.dtype}; classes are uint8, uint16, int32 or int64")
    if not array.dtype.isnative:
        raise ValueError(f"{where}: the bytes of {array.dtype.str} are in another order than this machine's; "
                         "array.astype(array.dtype.newbyteorder('=')) turns them")
    wanted = "(n" + "".join(f", {size}" for size in field.shape) + ("," if not field.shape else "") + ")"
    if array.ndim == 0 or math.prod(array.shape[1:]) != math.prod(field.shape):
        raise ValueError(f"{where}: shape {array.shape}; {wanted} is wanted, n samples")
    if not array.flags.c_contiguous:
        raise ValueError(f"{where}: strides {array.strides}; one sample after the other is wanted: "
                         "numpy.ascontiguousarray(array)")
    if not array.flags.aligned:
        raise ValueError(f"{where}: its elements are not aligned; array.copy() is")
    return array, kind
