"""Compiled kernels are kept as long as the text they were compiled from is the same."""

import importlib.util
import os
import subprocess
import sys

import pytest

from kept.engine._kernels import compiling


def test_a_change_in_any_module_of_the_kernels_begins_a_new_folder(tmp_path):
    caller, called = tmp_path / "caller.py", tmp_path / "called.py"
    caller.write_text("from called import step")
    called.write_text("step = 1")
    before = compiling.text_of([caller, called])

    assert compiling.text_of([called, caller]) == before

    called.write_text("step = 2")

    assert compiling.text_of([caller, called]) != before


def test_a_folder_that_is_given_is_kept_in_by_version_and_named_once(monkeypatch, tmp_path):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    folder = compiling.cache_folder()

    assert folder.startswith(str(tmp_path))
    assert folder != str(tmp_path)

    monkeypatch.setenv("NUMBA_CACHE_DIR", folder)

    assert compiling.cache_folder() == folder


STEPS = """
from kept.engine._kernels.compiling import kernel, step

@step
def twice(x):
    return 2 * x

@step
def twice_and_one(x):
    return twice(x) + 1

@kernel
def seven_times_and_three(x):
    return twice_and_one(twice_and_one(x)) + 3 * x
"""


def test_a_kernel_takes_in_its_steps_which_have_no_machine_code_of_their_own(tmp_path):
    file = tmp_path / "steps.py"
    file.write_text(STEPS)
    spec = importlib.util.spec_from_file_location("steps_of_a_kernel", file)
    steps = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = steps
    spec.loader.exec_module(steps)

    assert steps.seven_times_and_three(5) == 38

    own = steps.seven_times_and_three.overloads.values()
    assert [made.library.get_pointer_to_function(made.fndesc.llvm_func_name) != 0
            for made in own] == [True]  # fmt: skip
    for each in (steps.twice, steps.twice_and_one):
        for made in each.overloads.values():
            assert made.library.get_pointer_to_function(made.fndesc.llvm_func_name) == 0
            assert made.fndesc.llvm_func_name not in made.library.codegen._engine._defined_symbols
        assert len(each.overloads) == 1


WARM = """
import collections, sys
from kept.engine._kernels import compiling
from numba.core import event

times = collections.Counter()

class Listener(event.Listener):
    def on_start(self, e):
        function = e.data["dispatcher"].py_func
        if function.__module__.startswith("kept."):
            times[f"{function.__module__}.{function.__qualname__}"] += 1

    def on_end(self, e):
        pass

event.register("numba:compile", Listener())
from kept import engine
engine.warm()
print(len(times), sorted(name for name, n in times.items() if n > 1))
"""


@pytest.mark.slow
def test_every_kernel_and_step_is_compiled_once(tmp_path):
    ran = subprocess.run(
        [sys.executable, "-c", WARM],
        env=os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    compiled, again = ran.stdout.split(" ", 1)

    assert int(compiled) > 80
    assert again.strip() == "[]"
