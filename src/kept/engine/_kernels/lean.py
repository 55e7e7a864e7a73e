"""A short way through numba for steps, which only kernels and other steps call.

Left to itself, numba brings every function to machine code of its own, with all it calls
inside it: a step ten calls deep is optimised and written out ten times. Here a step goes
through the few passes that plain loops need, and its library keeps its instructions as they
are; the kernel that is called from Python takes in all its steps and is optimised once, as a
whole, knowing that nobody else calls them.

Passes and pipelines of one's own are numba's documented way to extend it. That a library
finishes in another way is not: when numba is updated, `tests/engine/test_compiling.py` says
whether it still does.
"""

from typing import Any

from numba.core import codegen, compiler, typed_passes, untyped_passes
from numba.core.compiler_machinery import AnalysisPass, PassManager, register_pass


class _Quiet:
    """The code generator, to a library with nothing in it that Python could call."""

    def __init__(self, generator: Any) -> None:
        self._generator = generator

    def __getattr__(self, name: str) -> Any:
        return getattr(self._generator, name)

    def set_env(self, name: str, environment: Any) -> None:
        """A step raises nothing and asks Python for nothing: it needs no environment."""


class _StepLibrary(codegen.JITCodeLibrary):
    """The instructions of one step, to be taken in by a kernel."""

    def _optimize_functions(self, ll_module: Any) -> None:
        ll_module.data_layout = self._codegen._data_layout

    def finalize(self) -> None:
        self._raise_if_finalized()
        self._finalized = True

    def get_pointer_to_function(self, _name: str) -> int:
        self._ensure_finalized()
        return 0


class _KernelLibrary(codegen.JITCodeLibrary):
    """A kernel with all steps it is made of."""

    def add_linking_library(self, library: Any) -> None:
        """Take in a step, and what it calls."""
        if library in self._linking_libraries:
            return
        super().add_linking_library(library)
        if isinstance(library, _StepLibrary):
            for called in library._linking_libraries:
                self.add_linking_library(called)

    def _optimize_final_module(self) -> None:
        for function in self._final_module.functions:
            if not function.is_declaration and function.linkage.name == "linkonce_odr":
                function.linkage = "internal"
        passes, builder = self._codegen._module_pass_manager(
            loop_vectorize=False, slp_vectorize=False
        )
        passes.run(self._final_module, builder)


class _IntoLibrary(AnalysisPass):
    """Choose the library a function is lowered into."""

    kind: Any

    def __init__(self) -> None:
        super().__init__()

    def run_pass(self, state: Any) -> bool:
        generator = state.targetctx.codegen()
        if self.kind is _StepLibrary:
            generator = _Quiet(generator)
        state.library = self.kind(generator, state.func_id.func_qualname)
        state.library.enable_object_caching()
        return False


@register_pass(mutates_CFG=False, analysis_only=True)
class _IntoStep(_IntoLibrary):
    _name = "into_step"
    kind = _StepLibrary


@register_pass(mutates_CFG=False, analysis_only=True)
class _IntoKernel(_IntoLibrary):
    _name = "into_kernel"
    kind = _KernelLibrary


class StepCompiler(compiler.CompilerBase):
    """The passes a step needs: it has no closures, no objects and no arrays as a whole."""

    def define_pipelines(self) -> list[Any]:
        passes = PassManager("step")
        for each in (
            untyped_passes.TranslateByteCode,
            untyped_passes.FixupArgs,
            untyped_passes.IRProcessing,
            untyped_passes.ReconstructSSA,
            typed_passes.NopythonTypeInference,
            typed_passes.PreLowerStripPhis,
            typed_passes.IRLegalization,
            typed_passes.AnnotateTypes,
            _IntoStep,
            typed_passes.NativeLowering,
            typed_passes.NoPythonBackend,
        ):
            passes.add_pass(each, each.__name__)
        passes.finalize()
        return [passes]


class KernelCompiler(compiler.CompilerBase):
    """numba's own passes, into a library that takes in steps."""

    def define_pipelines(self) -> list[Any]:
        passes = compiler.DefaultPassBuilder.define_nopython_pipeline(self.state)
        passes.add_pass_after(_IntoKernel, typed_passes.AnnotateTypes)
        passes.finalize()
        return [passes]
