"""Reads data files, for the tests of nngen data; nothing of nngen's is used."""
import json
import struct

import numpy as np

TYPES = {"U8": "<u1", "I8": "<i1", "U16": "<u2", "I16": "<i2", "I32": "<i4", "I64": "<i8", "F16": "<f2", "F32": "<f4",
         "F64": "<f8"}


def load(path):
    """The arrays by name, and the metadata, read as JSON."""
    with open(path, "rb") as f:
        data = f.read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    assert (8 + length) % 8 == 0, "the data are not aligned"
    meta = {key: json.loads(text) for key, text in header.pop("__metadata__", {}).items()}
    arrays, at = {}, 0
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        assert begin == at, "a gap before " + name
        at = end
        values = np.frombuffer(data[8 + length + begin:8 + length + end], TYPES[entry["dtype"]])
        arrays[name] = values.reshape(entry["shape"])
    assert 8 + length + at == len(data), "bytes behind the arrays"
    return arrays, meta


def same(have, want, what):
    """Whether two arrays have equal types, shapes and bits."""
    have, want = np.asarray(have), np.asarray(want)
    assert have.dtype == want.dtype.newbyteorder("<"), f"{what}: {have.dtype}, not {want.dtype}"
    assert have.shape == want.shape, f"{what}: {have.shape}, not {want.shape}"
    if have.tobytes() != want.astype(want.dtype.newbyteorder("<")).tobytes():
        where = np.argwhere(have != want)
        raise AssertionError(f"{what}: {len(where)} values differ, first at {where[:1].tolist()}")
