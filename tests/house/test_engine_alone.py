"""The engine runs where Django is not installed: a stranger with numpy gets our numbers."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parents[2]

#: Run first in the other interpreter: what is not numpy, numba or the tests' own is not there.
ALONE = textwrap.dedent(
    """
    import sys
    from importlib.abc import MetaPathFinder

    OURS = {"kept", "kept.engine"}

    class Absent(MetaPathFinder):
        def find_spec(self, name, path=None, target=None):
            top = name.partition(".")[0]
            if top in {"django", "ninja", "allauth", "typer", "rich", "holidays", "environ",
                       "csp", "psycopg", "axes", "whitenoise", "granian", "pytest_django",
                       "scipy", "lightgbm", "pandas"}:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)
            if top == "kept" and name not in OURS and not name.startswith("kept.engine."):
                raise ModuleNotFoundError(f"The engine reaches for {name!r}", name=name)
            return None

    sys.meta_path.insert(0, Absent())
    """
)


def test_the_engine_needs_numpy_and_numba_alone(tmp_path: Path) -> None:
    program = ALONE + textwrap.dedent(
        """
        import pkgutil, importlib
        import kept.engine
        names = [m.name for m in pkgutil.iter_modules(kept.engine.__path__)]
        for name in names:
            importlib.import_module(f"kept.engine.{name}")
        for name in kept.engine.__all__:
            getattr(kept.engine, name)
        print(len(names))
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 8


@pytest.mark.slow
def test_the_engines_tests_pass_without_django(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(ALONE)
    done = subprocess.run(
        [
            sys.executable, "-m", "pytest", "-q", "-c", "/dev/null", "--noconftest",
            "--rootdir", str(HOUSE), "-p", "no:cacheprovider", "-p", "no:randomly",
            "-o", f"pythonpath={HOUSE} {HOUSE / 'tests' / 'engine'}", "--import-mode=importlib",
            *map(str, sorted((HOUSE / "tests" / "engine").glob("test_*.py"))),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={
            "PATH": "",
            "PYTHONPATH": str(tmp_path),
            "HOME": str(Path.home()),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
