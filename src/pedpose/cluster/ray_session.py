"""A connection to a Ray cluster, without Ray's noise, to nodes that fit."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pedpose import __version__
from pedpose.errors import ConfigError

_ENVIRONMENT = {
    "RAY_BACKEND_LOG_LEVEL": "fatal",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_USAGE_STATS_PROMPT_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
}
_PROBE_S = 120


@contextmanager
def ray_session(address: str) -> Iterator[Any]:
    """Connect to a cluster, or start one on this machine, and give the module ``ray``.

    What Ray says goes into its own logs: while the session lasts nothing reaches standard output.

    Args:
        address: ``local`` for this machine alone, ``auto``, or ``HOST:PORT`` of a cluster.

    Raises:
        ConfigError: If Ray is not installed, or there is no cluster.
    """
    with _environment(), _quiet():
        try:
            import ray
            import ray.data
        except ImportError as error:
            raise ConfigError(
                "--ray needs Ray, which is not installed: pip install 'pedpose[cluster]'"
            ) from error
        for name in ("ray", "ray.data"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        try:
            with _no_standard_error():
                ray.init(
                    address=address,
                    include_dashboard=False if address == "local" else None,
                    log_to_driver=False,
                    logging_level=logging.CRITICAL,
                )
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise ConfigError(f"--ray {address}: cannot connect: {error}") from error
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.print_on_execution_start = False
        try:
            yield ray
        finally:
            ray.shutdown()


def check_nodes(ray: Any, marker: Path | None) -> None:
    """Make sure that each node has this version of pedpose, and sees the folder for results.

    Args:
        ray: The module, connected.
        marker: A file in the folder for results; None for an object store.

    Raises:
        ConfigError: If a node does not, or does not answer.
    """
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    # A function inside a function travels as code: nodes need not have it installed.
    def probe(path: str | None) -> tuple[str | None, bool]:
        import pathlib

        try:
            from pedpose import __version__ as found
        except ImportError:
            return None, True
        return found, path is None or pathlib.Path(path).is_file()

    asked = {}
    for node in ray.nodes():
        if node["Alive"] and node["Resources"].get("CPU", 0) > 0:
            here = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
            task = ray.remote(num_cpus=0, max_retries=1)(probe).options(scheduling_strategy=here)
            name = f"{node['NodeManagerHostname']} ({node['NodeManagerAddress']})"
            asked[name] = task.remote(None if marker is None else str(marker))
    try:
        answers = ray.get(list(asked.values()), timeout=_PROBE_S)
    except ray.exceptions.RayError as error:
        raise ConfigError(f"--ray: expected nodes that answer, found: {error}") from error
    check_answers(dict(zip(asked, answers, strict=True)), marker)


def check_answers(answers: Mapping[str, tuple[str | None, bool]], marker: Path | None) -> None:
    """Judge what nodes have told: their version of pedpose, and whether they see the marker.

    Raises:
        ConfigError: If one does not fit.
    """
    if not answers:
        raise ConfigError("--ray: expected nodes with processors, found none")
    for node, (version, sees) in answers.items():
        if version != __version__:
            found = "none" if version is None else version
            raise ConfigError(
                f"--ray: node {node}: expected pedpose {__version__} as here, found {found}"
            )
        if marker is not None and not sees:
            raise ConfigError(
                f"--ray: node {node}: expected to see --out {marker.parent}, found no such folder "
                "there; take one that all nodes share, or an object store"
            )


@contextmanager
def _environment() -> Iterator[None]:
    """Set Ray's variables and restore them: it reads them where it is imported and started."""
    before = {name: os.environ.get(name) for name in _ENVIRONMENT}
    os.environ.update(_ENVIRONMENT)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _quiet() -> Iterator[None]:
    """Ray prints on standard output that nodes have died, with pages of their logs."""
    with (
        open(os.devnull, "w", encoding="utf-8") as nothing,
        contextlib.redirect_stdout(nothing),
    ):
        yield


@contextmanager
def _no_standard_error() -> Iterator[None]:
    """Ray's library says there, past Python, that it has read its variables."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nothing:
            os.dup2(nothing.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
