"""Small neural networks, compiled by nngen.

    import nngen
    m = nngen.compile("arch/digit.lua")
    m.train({"image": images, "digit": digits}, epochs=5)
    m.predict(image=images)["digit"]
"""

from ._compile import compile, load
from ._model import Error, Field, Model

__all__ = ["Error", "Field", "Model", "compile", "load"]
__version__ = "0.2.0"
