"""The one compile decorator of this house, and how Numba is made to compile fast and to start fast.

A kernel is seen in two forms. Where Python calls it, it is compiled whole: linked with all the kernels that it draws
on, optimised once, kept on disk (`compiled.py`). Where other kernels call it, it is typed and lowered only: Numba would
otherwise optimise each callee by itself, write the code that Python needs to call it, and do all of it again in each
caller.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from numba import __version__ as numba_version
from numba import _dynfunc
from numba.core import event, types
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler
from numba.core.compiler_lock import global_compiler_lock
from numba.core.compiler_machinery import PassManager
from numba.core.dispatcher import _FunctionCompiler
from numba.core.lowering import Environment
from numba.core.registry import CPUDispatcher, cpu_target
from numba.core.runtime import rtsys

from quivive.kernels import compiled

OPTIONS = {"nopython": True, "nogil": True, "error_model": "numpy", "boundscheck": True, "_nrt": False}
"""fastmath and parallel stay off: results must not depend on the machine.

Without Numba's runtime (nrt) a kernel can allocate nothing, and so counts no references: calls between
small kernels become free, and two threads do not fight over the count of the one array they both read.
"""
UNUSED_PASSES = {
    *("WithLifting", "InlineClosureLikes", "MakeFunctionToJitFunction", "RewriteDynamicRaises"),
    *("InlineInlinables", "InlineOverloads", "FindLiterallyCalls", "LiteralUnroll"),
    *("LiteralPropagationSubPipelinePass", "NopythonRewrites", "DumpParforDiagnostics"),
}
"""Passes for what no kernel holds: closures, `with`, `raise`, arithmetic on whole arrays, literal_unroll()."""
ENVIRONMENT = "_ZN08NumbaEnv"
"""How the variables begin that point to a function's constants for Python."""


class _Part(JITCodeLibrary):
    """The code of a kernel for use in others: never turned to machine code by itself."""

    def finalize(self):
        """Leave it as it is: whoever links it in optimises it with the rest."""
        self._finalized = True

    def _optimize_functions(self, ll_module):
        """Tidy every function once: the result is linked into many others."""
        ll_module.data_layout = self._codegen._data_layout
        passes, builder = self._codegen._function_pass_manager()
        for function in ll_module.functions:
            if not function.is_declaration:
                passes.run(function, builder)

    def _get_module_for_linking(self):
        return self._final_module


class _Whole(JITCodeLibrary):
    """The code of a kernel that Python calls."""

    def finalize(self):
        """Link with everything that is drawn on, directly or not, each once; then optimise."""
        found, waiting = {}, self._linking_libraries[::-1]
        while waiting:
            library = waiting.pop()
            if library not in found:
                found[library] = None
                waiting += library._linking_libraries[::-1] if isinstance(library, _Part) else []
        self._linking_libraries = list(found)
        self._inside = {symbol.name for library in found for symbol in _defined(library._final_module)}
        super().finalize()

    def _optimize_functions(self, ll_module):
        """Nothing yet: the whole is about to be optimised."""
        ll_module.data_layout = self._codegen._data_layout

    def _optimize_final_module(self):
        """Let nobody else call what was linked in: what has one caller is inlined, unused arguments fall away.

        Level 2, in one go: a third level, and Numba's own pass for references before it, took longer and won nothing.
        """
        for symbol in _defined(self._final_module):
            if symbol.name in self._inside:
                symbol.linkage = "internal"
        passes, builder = self._codegen._module_pass_manager(opt=2)
        passes.run(self._final_module, builder)


def _defined(module):
    """Return the functions of a module, and the variables that point to their environments."""
    functions = [function for function in module.functions if not function.is_declaration]
    return functions + [variable for variable in module.global_variables if variable.name.startswith(ENVIRONMENT)]


class _Pipeline(Compiler):
    library = _Whole

    def define_pipelines(self):
        """Return the passes of Numba that a kernel needs."""
        self.state.library = self.library(self.state.targetctx.codegen(), self.state.func_id.func_qualname)
        self.state.library.enable_object_caching()
        (manager,) = super().define_pipelines()
        lean = PassManager(manager.pipeline_name)
        lean.passes = [step for step in manager.passes if step[0].__name__ not in UNUSED_PASSES]
        lean.finalize()
        return [lean]


class _PartPipeline(_Pipeline):
    library = _Part


class _PartCompiler(_FunctionCompiler):
    def _customize_flags(self, flags):
        flags.no_compile = flags.no_cpython_wrapper = flags.no_cfunc_wrapper = True
        return flags


class _Inner(CPUDispatcher):
    """A kernel as other kernels call it."""

    def __init__(self, function):
        super().__init__(function, targetoptions=OPTIONS, pipeline_class=_PartPipeline)
        self._compiler = _PartCompiler(function, self.targetdescr, OPTIONS, {}, _PartPipeline)

    def add_overload(self, cres):
        """Make a compiled form known to the kernels that call it."""
        entry = object()
        self.targetctx.insert_user_function(entry, cres.fndesc, [cres.library])
        self.overloads[tuple(cres.signature.args)] = cres._replace(entry_point=entry)


class _Kernel(CPUDispatcher):
    """A kernel as Python calls it."""

    def __init__(self, function):
        super().__init__(function, targetoptions=OPTIONS | {"no_cfunc_wrapper": True}, pipeline_class=_Pipeline)
        self._entries = {}

    @functools.cached_property
    def _inner(self):
        return _Inner(self.py_func)

    def get_call_template(self, args, kws):
        """Return the types of a call from another kernel."""
        return self._inner.get_call_template(args, kws)

    def get_overload(self, sig):
        """Return what another kernel calls."""
        return self._inner.get_overload(sig)

    @property
    def signatures(self):
        """Types of the arguments for which there is a function, loaded or compiled."""
        return list(self._entries)

    def compile(self, sig):
        """Return the function for arguments of these types: from disk, or compiled and then kept there."""
        with global_compiler_lock:
            args = tuple(sig)
            if args not in self._entries:
                self._entries[args] = self._loaded(args) or self._compiled(args)
            return self._entries[args]

    def _loaded(self, args):
        kept = compiled.load(Path(self.py_func.__code__.co_filename), self._name(args))
        if kept is None:
            return None
        rtsys.initialize(self.targetctx)
        codegen = self.targetctx.codegen()
        library = codegen.create_library(kept.library)
        library.enable_object_caching()
        library._set_compiled_object(kept.code)
        library._finalize_final_module()
        environment = Environment(self.py_func.__globals__)
        environment.env_name = kept.environment
        entry = _dynfunc.make_function(
            sys.modules[self.py_func.__module__],
            self.py_func.__name__,
            f"compiled form of {self.py_func.__qualname__}",
            codegen._engine.get_function_address(kept.wrapper),
            environment,
            (library,),
        )
        codegen.set_env(kept.environment, environment)
        self._insert([kind._code for kind in args], entry, False)
        return entry

    def _compiled(self, args):
        _remember_signatures()
        entry = super().compile(args)
        made = self.overloads[args]
        used = [name.name for name in made.library._final_module.global_variables if name.name.startswith(ENVIRONMENT)]
        is_plain = used == [made.fndesc.env_name] and not made.environment.consts
        if is_plain and not made.library.has_dynamic_globals and not made.reload_init:
            names = made.library.name, made.fndesc.llvm_cpython_wrapper_name, made.fndesc.env_name
            code = compiled.Compiled(*names, made.library._get_compiled_object())
            compiled.keep(Path(self.py_func.__code__.co_filename), self._name(args), code)
        return entry

    def _name(self, args):
        """Return the name of the file for arguments of these types, on this machine, with these tools."""
        machine = self.targetctx.codegen().magic_tuple()
        told = numba_version, sys.implementation.cache_tag, *machine, *map(_spelt, args)
        digest = hashlib.sha256("\n".join(told).encode()).hexdigest()
        return f"{self.py_func.__module__.rpartition('.')[2]}.{self.py_func.__qualname__}-{digest[:16]}.nbc"


def _spelt(kind):
    """Return a type in full: a tuple's name alone does not say how its fields are called."""
    if isinstance(kind, types.BaseTuple):
        return f"{getattr(kind, 'instance_class', tuple)}{getattr(kind, 'fields', '')}({','.join(map(_spelt, kind))})"
    return str(kind)


@functools.cache
def _remember_signatures():
    """Let type inference remember the signature of an operator: it tries a hundred templates for each `+` otherwise."""
    context = cpu_target.typing_context
    resolve, known = context.resolve_function_type, {}

    def _resolved(func, args, kws):
        if type(func) is not types.Function or kws:
            return resolve(func, args, kws)
        key = func, tuple(args)
        if key not in known:
            known[key] = resolve(func, args, kws)
        return known[key]

    context.resolve_function_type = _resolved


def kernel(function):
    """Compile a kernel when it is first called, for the types of arguments that it is called with; see OPTIONS."""
    return _Kernel(function)


class _Heard(event.Listener):
    """Hears of each kernel that is compiled, as against loaded from the cache."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell

    def on_start(self, event: event.Event) -> None:
        """Tell the name of the kernel whose compilation begins."""
        self._tell(event.data["dispatcher"].py_func.__name__)

    def on_end(self, event: event.Event) -> None:
        """Nothing: the next kernel or the next batch shows that it went on."""


@contextlib.contextmanager
def compile_heard(tell: Callable[[str], None]) -> Iterator[None]:
    """Call `tell` with a kernel's name whenever one is compiled: that happens once per machine, and takes seconds."""
    with event.install_listener("numba:compile", _Heard(tell)):
        yield
