"""Dask distributed as an engine: chunks go to the workers of a scheduler that somebody else runs.

Workers see the same files under the same paths and run this version of gait. Loaded for
`--engine dask:ADDRESS` alone: the package is an optional extra (docs/adr/0016).
"""

import logging
import re
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from typing import Final, ParamSpec, Protocol, TypeVar, cast

from gait_engine import __version__
from gait_engine.errors import DependencyMissing, InvalidInput, IoFailure, quoted

P = ParamSpec("P")
ValueT = TypeVar("ValueT")

INSTALL: Final = "python -m pip install 'gait[dask]', here and where the workers run"
_is_address: Final = re.compile(
    r"(?:(?:tcp|tls)://)?(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}"
).fullmatch
_PATIENCE_SECONDS: Final = 10
"""How long a scheduler may have no worker at all, and between two looks whether it has."""


def require_address(address: str, option: str) -> None:
    """Refuse what is no address of a scheduler. Raises InvalidInput."""
    if not _is_address(address):
        raise InvalidInput(
            f"option --engine: {quoted(option)}, expected dask:HOST:PORT or dask:tcp://HOST:PORT"
        )


@contextmanager
def connected(address: str) -> Iterator[Executor]:
    """Open the workers of a scheduler as an executor.

    Raises DependencyMissing without the package, IoFailure for a scheduler that does not answer
    or has no worker.
    """
    try:
        distributed = import_module("distributed")
    except ImportError as exc:
        raise DependencyMissing(
            "engine dask: the package distributed is not installed, expected it", hint=INSTALL
        ) from exc
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        client = distributed.Client(address, set_as_default=False, name="gait")
    except (OSError, ValueError) as exc:  # a time-out is an OSError, too
        raise _unreachable(address) from exc
    with client:
        _require_workers(client, address)
        yield _Cluster(client, address)


class _Remote(Protocol):
    """The answer as Dask holds it."""

    def result(self, timeout: float) -> object: ...


class _Client(Protocol):
    """What is used of `distributed.Client`, which is not typed."""

    def submit(self, work: Callable[[], object], *, pure: bool) -> _Remote: ...

    def wait_for_workers(self, n_workers: int, timeout: float) -> object: ...


class _Cluster(Executor):
    """The workers as an executor whose loss of workers or scheduler reads as any pool's."""

    def __init__(self, client: _Client, address: str) -> None:
        self._client = client
        self._address = address

    def submit(
        self, fn: Callable[P, ValueT], /, *args: P.args, **kwargs: P.kwargs
    ) -> "Future[ValueT]":
        work = partial(_on_worker, __version__, partial(fn, *args, **kwargs))
        return _Answer(self._client, self._address, self._client.submit(work, pure=False))


class _Answer(Future[ValueT]):
    """The answer of a worker, waited for only while there is one that could give it."""

    def __init__(self, client: _Client, address: str, remote: _Remote) -> None:
        super().__init__()
        self._client = client
        self._address = address
        self._remote = remote

    def result(self, timeout: float | None = None) -> ValueT:
        distributed = import_module("distributed")
        losses = (distributed.KilledWorker, distributed.comm.core.CommClosedError, CancelledError)
        while True:
            try:
                return cast(ValueT, self._remote.result(timeout or _PATIENCE_SECONDS))
            except TimeoutError:
                _require_workers(self._client, self._address)
            except losses as exc:
                raise BrokenExecutor(f"scheduler {self._address}: {type(exc).__name__}") from exc
            except ModuleNotFoundError as exc:
                raise DependencyMissing(
                    f"worker of {self._address}: {quoted(str(exc))}, expected gait", hint=INSTALL
                ) from exc


def _on_worker(version: str, work: Callable[[], ValueT]) -> ValueT:
    """Do a chunk where gait is the version that asks, so that its bytes are the same."""
    if version != __version__:
        raise DependencyMissing(
            f"worker of the cluster: gait {__version__}, expected {version}", hint=INSTALL
        )
    return work()


def _require_workers(client: _Client, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=_PATIENCE_SECONDS)
    except (OSError, ValueError) as exc:
        raise IoFailure(
            f"scheduler {address}: no worker, expected at least one",
            hint=f"dask worker {address}",
        ) from exc


def _unreachable(address: str) -> IoFailure:
    return IoFailure(
        f"scheduler {address}: no answer, expected a Dask scheduler",
        hint="start it with dask scheduler, or leave --engine out",
    )
