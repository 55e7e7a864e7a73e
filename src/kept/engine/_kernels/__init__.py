"""The compiled loops: event dispatch over people's working time.

Array in, array out. Each function is a plain loop that also runs uncompiled.
"""

from kept.engine._kernels.block import run_block
from kept.engine._kernels.compiling import compiled, kernel, step
from kept.engine._kernels.luck import Laws, Shared, draw_stages, tabulate
from kept.engine._kernels.places import LONG

__all__ = [
    "LONG", "Laws", "Shared", "compiled", "draw_stages", "kernel", "run_block", "step", "tabulate"
]  # fmt: skip
