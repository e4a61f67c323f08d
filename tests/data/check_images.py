"""Images that PIL writes, and what nngen data must make of them: check_images.py make FOLDER, or check CASE FILE FOLDER."""
import os
import sys

import numpy as np
from PIL import Image

from safetensors import load, same

CLASSES = ["2", "10", "ant", "bee"]


def picture(seed, mode, width=20, height=12):
    """A smooth image with a little noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    planes = [np.sin(x / rng.uniform(2, 9)) * np.cos(y / rng.uniform(2, 9)) * 100 + 128 + rng.uniform(-20, 20, x.shape)
              for _ in range(4)]
    image = Image.fromarray(np.stack(planes, 2).clip(0, 255).astype("uint8"), "RGBA")
    return image.convert("RGB").convert(mode) if mode != "RGBA" else image


def make(folder):
    forms = [("RGB", "jpg", {}), ("RGB", "png", {}), ("L", "png", {}), ("RGBA", "png", {}), ("P", "png", {}),
             ("L", "jpg", {}), ("RGB", "jpeg", {"progressive": True, "quality": 40}), ("1", "png", {}),
             ("RGB", "jpg", {"subsampling": 0}), ("LA", "png", {}), ("CMYK", "jpg", {})]
    seed = 0
    for split, count in (("train", 11), ("test", 3)):
        for name in CLASSES:
            os.makedirs(f"{folder}/{split}/{name}/more", exist_ok=True)
            for i in range(count):
                mode, ending, options = forms[(seed + i) % len(forms)]
                below = "more/" if i % 4 == 3 else ""
                picture(seed * 100 + i, mode).save(f"{folder}/{split}/{name}/{below}{i}.{ending}", **options)
            seed += 1


def wanted(folder, split, prepare):
    """The images below folder/split, by the bytes of their paths."""
    paths = [os.path.join(at, name)[len(folder) + 1:] for at, _, names in os.walk(f"{folder}/{split}") for name in names]
    paths.sort(key=os.fsencode)
    images, labels = [], []
    for path in paths:
        array = np.asarray(prepare(Image.open(f"{folder}/{path}")))
        images.append(array.transpose(2, 0, 1) if array.ndim == 3 else array[None])
        labels.append(CLASSES.index(path.split("/")[1]))
    return np.stack(images), np.array(labels, "uint8")


def check(case, file, folder):
    prepare = {
        "plain": lambda image: image.convert("RGB"),
        "gray": lambda image: image.convert("RGB").convert("L"),
        "small": lambda image: image.convert("RGB").resize((7, 5), Image.BILINEAR),
        "large": lambda image: image.convert("RGB").resize((33, 40), Image.BILINEAR),
    }[case]
    arrays, meta = load(file)
    assert meta == {"classes.class": CLASSES}, meta
    assert list(arrays) == ["train/image", "train/class", "test/image", "test/class"], list(arrays)
    for split in "train", "test":
        images, labels = wanted(folder, split, prepare)
        same(arrays[split + "/class"], labels, split + "/class")
        same(arrays[split + "/image"], images, split + "/image")


if sys.argv[1] == "make":
    make(sys.argv[2])
else:
    check(*sys.argv[2:])
