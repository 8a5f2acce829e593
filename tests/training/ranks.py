"""Training processes as torchrun starts them, from a server that has imported all before."""

from __future__ import annotations

import multiprocessing
import os
import socket
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import torch

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["pedpose.cli.train", "pedpose.training.trainer", "torch._dynamo"])
_SECONDS = 60


def in_processes(count: int, work: Callable[..., Any], *arguments: Any, restarts: int = 0) -> Any:
    """Call a function in some processes at once and return what each has returned, by rank."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    found, processes = [], []
    for rank in range(count):
        mine, its = _CONTEXT.Pipe(duplex=False)
        variables = {
            "TORCHELASTIC_RUN_ID": "test",
            "TORCHELASTIC_RESTART_COUNT": str(restarts),
            "RANK": str(rank),
            "LOCAL_RANK": str(rank),
            "WORLD_SIZE": str(count),
            "GROUP_WORLD_SIZE": "1",
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(port),
        }
        process = _CONTEXT.Process(target=_do, args=(its, variables, work, arguments))
        process.start()
        processes.append((process, mine))
    for process, pipe in processes:
        assert pipe.poll(_SECONDS), "a process does not answer"
        found.append(pipe.recv())
        process.join(_SECONDS)
    failures = [failure for _, failure in found if failure]
    assert not failures, "\n".join(failures)
    return [result for result, _ in found]


def _do(
    pipe: Connection, variables: dict[str, str], work: Callable[..., Any], arguments: Any
) -> None:
    os.environ.update(variables)
    torch.set_num_threads(1)
    try:
        pipe.send((work(*arguments), ""))
    except BaseException:
        pipe.send((None, traceback.format_exc()))
