"""Arrays that NumPy writes, and what nngen data must make of them: check_numpy.py make, or check."""
import os
import sys

import numpy as np

from safetensors import load, same

TYPES = ["u1", "i1", "<u2", ">u2", "<i2", ">i2", "<i4", ">i4", "<i8", ">i8", "<f2", ">f2", "<f4", ">f4", "<f8", ">f8"]
WIDER = {"?": "u1", "<u4": "<i8", ">u4": "<i8", "<u8": "<i8", ">u8": "<i8"}


def arrays():
    rng = np.random.default_rng(5)
    made = {}
    for i, kind in enumerate(TYPES + list(WIDER)):
        values = rng.integers(0, 100, (7, 3, i % 4 + 1)) * (1.25 if "f" in kind else 1)
        made["a%d_%s" % (i, kind.strip("<>?"))] = values.astype(kind)
    made["turned"] = np.asfortranarray(rng.normal(size=(6, 5, 4, 3)))
    made["turned_big"] = np.asfortranarray(rng.integers(0, 1000, (6, 5))).astype(">u4", order="F")
    made["digit"] = rng.integers(0, 10, 7)
    made["one"] = np.float32(2.5)
    made["many"] = rng.normal(size=(300001, 3)).astype("f4")
    made["large"] = rng.normal(size=(3, 700, 300)).astype("f4")
    return made


def wanted(array):
    array = np.asarray(array)
    return array.astype(WIDER.get(array.dtype.str, WIDER.get(array.dtype.char, array.dtype.newbyteorder("<"))))


if sys.argv[1] == "make":
    made = arrays()
    np.savez("plain.npz", **made)
    np.savez_compressed("packed.npz", **made)
    os.makedirs("folder/train")
    os.makedirs("folder/test")
    for name, array in made.items():
        np.save("folder/train/" + name, array)
    np.save("folder/test/digit", made["digit"][:3])
    np.savez("splits.npz", **{"train/x": made["turned"], "train/y": made["digit"][:6], "val/x": made["turned"][:2],
                              "val/y": made["digit"][:2], "other/z": made["digit"]})
    np.save("x_train", made["turned"])
    np.savez("uneven.npz", x=made["turned"], y=made["digit"])
    np.savez("objects.npz", x=np.array([{}, 1], dtype=object))
    np.save("strings", np.array(["a", "b"]))
    np.save("complex", np.zeros(3, "complex64"))
    np.save("records", np.zeros(3, [("a", "i4"), ("b", "f4")]))
    np.save("empty", np.zeros((0, 3)))
    np.save("huge", np.array([1, 2**63], "u8"))
    np.save("holes", np.array([[1, np.nan], [np.inf, 2]], "f4"))
    np.savez("shapes.npz", **{"train/x": np.zeros((4, 2)), "test/x": np.zeros((4, 3))})
else:
    made = arrays()
    for file in "plain", "packed":
        have, meta = load(file + ".safetensors")
        assert set(have) == {"train/" + name for name in made}, set(have)
        for name, array in made.items():
            same(have["train/" + name], wanted(array), name)
    have, _ = load("folder.safetensors")
    for name, array in made.items():
        same(have["train/" + name], wanted(array), name)
    same(have["test/digit"], made["digit"][:3], "test/digit")
    have, _ = load("splits.safetensors")
    assert set(have) == {"train/x", "train/y", "val/x", "val/y", "other/z"}, set(have)
    same(have["val/x"], made["turned"][:2], "val/x")
    same(have["other/z"], made["digit"], "other/z")
    have, _ = load("one.safetensors")
    assert set(have) == {"train/x_train"}, set(have)
    have, _ = load("cut.safetensors")
    x, y = (np.concatenate([have[s + "/" + f] for s in ("train", "val", "test")]) for f in "xy")
    assert [len(have[s + "/x"]) for s in ("train", "val", "test")] == [2, 2, 2], [a.shape for a in have.values()]
    order = [int(np.flatnonzero((made["turned"] == row).all((1, 2, 3)))[0]) for row in x]
    assert sorted(order) == list(range(6)), order
    same(y, made["digit"][:6][order], "rows of x and y")
