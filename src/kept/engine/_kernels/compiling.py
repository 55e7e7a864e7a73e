"""How kernels are compiled, and where what was compiled is kept.

numba keeps compiled code by the file a kernel stands in, and does not see a change in
another file that the kernel calls. So the folder it keeps it in is named after all
kernels' text: a change in any of them begins a new folder.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar, cast


def text_of(files: Iterable[Path]) -> str:
    """A short name for the text of these files."""
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def cache_folder() -> str:
    """A folder numba may write its compiled code to, that nobody else can write to.

    What numba keeps there is loaded like code: a folder with a known name in a
    place all users share would let another one plant theirs.
    """
    here = Path(__file__).parent
    # All that kernels are made of: their own modules, and the numbers they take from others.
    engine = here.parent
    version = text_of([*here.glob("*.py"), engine / "_effort_kernels.py", engine / "worktime.py"])
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    if chosen is not None:
        # A process started by this one finds the folder named already.
        return chosen if Path(chosen).name == version else str(Path(chosen) / version)
    home = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    folder = Path(home) / "kept" / "numba" / version
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return str(folder)
    except OSError:
        return tempfile.mkdtemp(prefix="kept-numba-")


# numba reads this when it is first imported.
os.environ["NUMBA_CACHE_DIR"] = cache_folder()

import numba  # noqa: E402

from kept.engine._kernels.lean import KernelCompiler, StepCompiler  # noqa: E402

Function = TypeVar("Function", bound=Callable[..., Any])


_STEP: Any = {
    "no_cpython_wrapper": True, "no_cfunc_wrapper": True, "pipeline_class": StepCompiler
}  # fmt: skip


def compiled(function: Function) -> Function:
    """Compile a step that only kernels call: no way in from Python is built for it."""
    made: Any = numba.njit(nogil=True, error_model="numpy", **_STEP)(function)
    return cast("Function", made)


def step(function: Function) -> Function:
    """Compile a step that makes no arrays: those it is handed are not counted in and out.

    Counting who holds an array takes an atomic operation at every call, which made up
    two fifths of a run.
    """
    options = _STEP | {"_nrt": False}
    made: Any = numba.njit(nogil=True, error_model="numpy", **options)(function)
    return cast("Function", made)


def kernel(function: Function) -> Function:
    """Compile a kernel called from Python: without the interpreter's lock, cached on disk."""
    options: Any = {"pipeline_class": KernelCompiler, "cache": True}
    made: Any = numba.njit(nogil=True, error_model="numpy", **options)(function)
    return cast("Function", made)
