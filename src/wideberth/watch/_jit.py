"""The kernels of the watch: their decorator and their cache (:mod:`wideberth.space._jit`)."""

from __future__ import annotations

from wideberth.space._jit import KERNELS as OF_SPACE
from wideberth.space._jit import Kernels

__all__ = ["KERNELS", "kernel"]

# paths.py: its constants are in the kernels of the others.
KERNELS = Kernels(
    "wideberth.watch",
    (
        "paths.py",
        "capsules.py",
        "_crowds.py",
        "_lanes.py",
        "_sweep.py",
        "_approach.py",
        "wellclear.py",
        "_filing.py",
        "_neighbours.py",
        "_within.py",
        "_walk.py",
        "_laying.py",
        "_firsts.py",
        "_inside.py",
        "_met.py",
        "_legs.py",
        "_taking.py",
        "_places.py",
    ),
    below=(OF_SPACE,),
)
kernel = KERNELS
