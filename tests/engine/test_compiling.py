"""Compiled kernels are kept as long as the text they were compiled from is the same."""

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
