"""Split a stranger's file into cells in a process of its own, with bounded memory and time.

Whatever a file does to the parser, it does it there. The child gets the bytes on its standard
input and answers in JSON; it knows neither settings nor database.
"""

import json
import subprocess
import sys

from kept.imports.readers import text

MEMORY_BYTES = 256 * 1024 * 1024
SECONDS = 30


class TooMuch(Exception):
    """The file took more memory or time than any table of its size needs."""


def table(data: bytes, *, memory_bytes: int = MEMORY_BYTES, seconds: float = SECONDS) -> text.Table:
    """Read a delimited text file as `text.table` does, in a child process.

    Raises:
        text.NotATable: as `text.table`.
        TooMuch: the child ran out of memory or time.
    """
    command = [sys.executable, "-I", "-m", "kept.imports.readers.apart", str(memory_bytes)]
    try:
        child = subprocess.run(  # noqa: S603 - our own module, nothing of the file on the line
            [*command, str(int(seconds) + 1)],
            input=data,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise TooMuch from error
    if child.returncode != 0:
        raise TooMuch
    answer = json.loads(child.stdout)
    if "refused" in answer:
        raise text.NotATable(answer["refused"])
    return text.Table(
        header=tuple(answer["header"]),
        rows=tuple((number, tuple(cells)) for number, cells in answer["rows"]),
        separator=answer["separator"],
        beyond=tuple((number, tuple(cells)) for number, cells in answer["beyond"]),
        zero_bytes=tuple(answer["zero_bytes"]),
    )


def _child() -> int:
    memory_bytes, seconds = int(sys.argv[1]), int(sys.argv[2])
    try:
        import resource  # not on Windows, where the time limit of the parent remains
    except ImportError:
        pass
    else:
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        try:
            found = text.table(sys.stdin.buffer.read())
        except text.NotATable as error:
            answer: dict[str, object] = {"refused": str(error)}
        else:
            answer = {
                "header": found.header,
                "rows": found.rows,
                "separator": found.separator,
                "beyond": found.beyond,
                "zero_bytes": found.zero_bytes,
            }
        json.dump(answer, sys.stdout)
    except MemoryError:
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(_child())
