"""The memory of a run as kernels see it: a row of 32-bit numbers, counted with in 64 bits.

Half as wide, twice as much of a portfolio stays in the processor's own memory, which is what
a large one waits for. Widened as they are read, the numbers are of one type to every step: a
step handed numbers of two widths would be compiled for each.

Types and intrinsics of one's own are numba's documented way to extend it.
"""

import operator
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils
from numba.core.datamodel import models
from numba.core.typing import templates as typing_templates

Row = Any
"""Such a memory, to a step."""

types: Any = numba.types
extending: Any = numba.extending
templates: Any = typing_templates
_config: Any = numba.config
_NARROW, _WIDE = ir.IntType(32), ir.IntType(64)


class _Row(types.Type):
    """Where a row lies; the array it is the memory of has to stay."""

    def __init__(self) -> None:
        super().__init__(name="row")


_ROW = _Row()


@extending.register_model(_Row)
class _RowModel(models.PrimitiveModel):
    def __init__(self, manager: Any, of: Any) -> None:
        super().__init__(manager, of, _NARROW.as_pointer())


@templates.infer_global(operator.getitem)
class _Read(templates.AbstractTemplate):
    def generic(self, args: Any, _names: Any) -> Any:
        if isinstance(args[0], _Row):
            return templates.signature(types.int64, args[0], types.int64)
        return None


@templates.infer_global(operator.setitem)
class _Write(templates.AbstractTemplate):
    def generic(self, args: Any, _names: Any) -> Any:
        if isinstance(args[0], _Row):
            return templates.signature(types.none, args[0], types.int64, types.int64)
        return None


@extending.lower_builtin(operator.getitem, _Row, types.int64)
def _read(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
    return builder.sext(builder.load(builder.gep(args[0], [args[1]])), _WIDE)


@extending.lower_builtin(operator.setitem, _Row, types.int64, types.int64)
def _write(_context: Any, builder: Any, _signature: Any, args: Any) -> None:
    builder.store(builder.trunc(args[2], _NARROW), builder.gep(args[0], [args[1]]))


def _memory(_context: Any, array: Any) -> Any:
    def write(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return context.make_array(signature.args[0])(context, builder, args[0]).data

    return _ROW(array), write


def _wide(_context: Any, _row: Any, _at: Any) -> Any:
    def write(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        where = builder.bitcast(builder.gep(args[0], [args[1]]), _WIDE.as_pointer())
        return builder.load(where, align=4)

    return types.int64(_ROW, types.int64), write


def _put_wide(_context: Any, _row: Any, _at: Any, _value: Any) -> Any:
    def write(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        where = builder.bitcast(builder.gep(args[0], [args[1]]), _WIDE.as_pointer())
        builder.store(args[2], where, align=4)
        return context.get_dummy_value()

    return types.void(_ROW, types.int64, types.int64), write


def _lowest(_context: Any, _word: Any) -> Any:
    def write(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.IntType(1)(1))

    return types.int64(types.int64), write


def _prefetch(_context: Any, _row: Any, _at: Any) -> Any:
    def write(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        byte = ir.IntType(8).as_pointer()
        where = builder.bitcast(builder.gep(args[0], [args[1]]), byte)
        kind = ir.FunctionType(ir.VoidType(), [byte, _NARROW, _NARROW, _NARROW])
        ask = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
        builder.call(ask, [where, _NARROW(0), _NARROW(3), _NARROW(1)])
        return context.get_dummy_value()

    return types.void(_ROW, types.int64), write


memory: Any = extending.intrinsic(_memory)
wide: Any = extending.intrinsic(_wide)
put_wide: Any = extending.intrinsic(_put_wide)
lowest: Any = extending.intrinsic(_lowest)
prefetch: Any = extending.intrinsic(_prefetch)


class _Plain:
    """The same, uncompiled."""

    def __init__(self, array: Any) -> None:
        self.array = array

    def __getitem__(self, at: Any) -> Any:
        return np.int64(self.array[at])

    def __setitem__(self, at: Any, value: Any) -> None:
        self.array[at] = np.int64(value).astype(np.int32)

    def pair(self, at: Any) -> Any:
        return self.array[at : at + 2].view(np.int64)


if _config.DISABLE_JIT:
    memory = _Plain

    def wide(row: Any, at: Any) -> Any:
        return row.pair(at)[0]

    def put_wide(row: Any, at: Any, value: Any) -> None:
        row.pair(at)[0] = value

    def lowest(word: Any) -> Any:
        return np.int64((int(word) & -int(word)).bit_length() - 1)

    def prefetch(row: Any, at: Any) -> None:
        """Nothing to be fetched early."""
