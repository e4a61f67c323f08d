"""The native library of this package: nn.h, and what native.h adds."""

from __future__ import annotations

import ctypes
import json
from ctypes import POINTER, c_bool, c_char_p, c_double, c_int, c_int64, c_size_t, c_uint64, c_void_p
from pathlib import Path

HOME = Path(__file__).parent / "home"
"""Where the package has the compiler, with its headers and libraries."""

WORDS = 256  # NN_WORDS


def _open() -> ctypes.CDLL:
    library = ctypes.CDLL(str(Path(__file__).parent / "_nngen.so"))
    pointers = POINTER(c_void_p)
    signatures = {
        "nnpy_describe": (c_size_t, c_void_p, c_char_p, c_size_t),
        "nnpy_open": (c_void_p, c_void_p, c_void_p, c_int, c_int, c_char_p, POINTER(c_int), c_char_p),
        "nnpy_close": (None, c_void_p),
        "nnpy_net": (c_void_p, c_void_p),
        "nnpy_processors": (c_int,),
        "nn_words": (c_char_p, c_void_p),
        "nn_isa": (c_char_p, c_void_p),
        "nn_init": (c_bool, c_void_p, c_uint64),
        "nn_measure": (c_bool, c_void_p, c_int64, pointers),
        "nn_load": (c_bool, c_void_p, c_char_p),
        "nn_load_memory": (c_bool, c_void_p, c_char_p, c_size_t),
        "nn_save": (c_bool, c_void_p, c_char_p),
        "nn_save_memory": (c_size_t, c_void_p, c_void_p, c_size_t),
        "nn_get": (c_bool, c_void_p, c_char_p, c_void_p),
        "nn_set": (c_bool, c_void_p, c_char_p, c_void_p),
        "nn_predict_from": (c_bool, c_void_p, c_int64, c_int, pointers, pointers),
        "nn_evaluate": (c_bool, c_void_p, c_int, pointers, POINTER(c_double), POINTER(c_double)),
        "nnpy_begin": (c_bool, c_void_p, c_int, c_int64, c_int, c_int64, c_uint64),
        "nn_order": (c_bool, c_void_p, c_void_p),
        "nn_wanted": (c_int, c_void_p),
        "nn_train_step": (c_bool, c_void_p, c_int, pointers, POINTER(c_double)),
        "nn_epoch": (c_int64, c_void_p),
        "nn_end": (c_bool, c_void_p),
        "nn_gradient": (c_bool, c_void_p, c_int, pointers, POINTER(c_double)),
        "nn_gradient_of": (c_bool, c_void_p, c_char_p, c_void_p),
    }
    for name, (result, *arguments) in signatures.items():
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
    return library


library = _open()


def describe(model: c_void_p) -> dict | None:
    """What the model is; None for one of another version of nngen."""
    size = library.nnpy_describe(model, None, 0)
    if size == 0:
        return None
    text = ctypes.create_string_buffer(size + 1)
    library.nnpy_describe(model, text, size + 1)
    return json.loads(text.value.decode())
