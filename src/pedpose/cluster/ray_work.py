"""Spread files over the workers of a cluster by Ray Data, and take in what comes out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pedpose.cluster.cluster_files import ClusterFile
from pedpose.cluster.outcome import Ledger, Outcome
from pedpose.cluster.ray_worker import Worker, WorkOrder
from pedpose.errors import ConfigError

_MOST_BLOCKS = 4096


def work(
    ray: Any,
    order: WorkOrder,
    files: Sequence[ClusterFile],
    weights: Mapping[str, bytes],
    cpus: int,
) -> Iterator[Outcome]:
    """Look at all files; yield the outcome of each as soon as it is known, once.

    Where a node or a worker dies, Ray begins its files anew elsewhere; the ledger, which lives
    where the run was started, knows which of them are done. It hands out the weights, too, so that
    nodes need none.

    Args:
        ray: The module, connected.
        order: What workers are told.
        files: What to look at.
        weights: Contents of the weights files that were given, by name.
        cpus: Processors of a worker, where no graphics card is used.

    Raises:
        ConfigError: If no node has as many processors.
        ray.exceptions.RayError: If the cluster or the results are lost for good.
    """
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    ledger = ray.remote(num_cpus=0)(Ledger).options(scheduling_strategy=here).remote(weights)
    needs, workers = _workers(ray, order.settings.wanted.device, cpus)
    data = ray.data.from_items(
        [asdict(file) for file in files], override_num_blocks=min(len(files), _MOST_BLOCKS)
    ).map(
        Worker,
        fn_constructor_args=(order, ledger),
        compute=ray.data.ActorPoolStrategy(size=min(workers, len(files))),
        **needs,
    )
    seen: set[str] = set()
    for row in data.iter_rows():
        if row["source"] not in seen:
            seen.add(row["source"])
            yield Outcome(**row)


def _workers(ray: Any, device: str, cpus: int) -> tuple[dict[str, int], int]:
    """Return what a worker needs, and how many of them the cluster holds."""
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    cards = sum(int(node.get("GPU", 0)) for node in nodes)
    if cards and device not in ("cpu", "mps"):
        return {"num_gpus": 1}, cards
    places = sum(int(node.get("CPU", 0)) // cpus for node in nodes)
    if not places:
        most = max((int(node.get("CPU", 0)) for node in nodes), default=0)
        raise ConfigError(
            f"--ray: expected a node with {cpus} processors for a worker, found {most} at most"
        )
    return {"num_cpus": cpus}, places
