"""--engine and what goes with it: who scans is a matter of each invocation, not of the run."""

from __future__ import annotations

from functools import partial

from tlsprobe.engines import local
from tlsprobe.engines.background import Engine
from tlsprobe.flag_values import UsageError
from tlsprobe.options import EngineName


def chosen_engine(
    name: EngineName, *, processes: int | None, scheduler: str | None, workers: int | None
) -> Engine:
    """Return the engine that the flags ask for; UsageError where they don't go together."""
    if name is EngineName.LOCAL:
        if scheduler is not None or workers is not None:
            raise UsageError("--scheduler and --workers go with --engine dask")
        return partial(local.run, processes=processes)
    if processes is not None:
        raise UsageError("--processes goes with --engine local; --workers is that of a cluster")
    try:
        from tlsprobe.engines import cluster
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("dask", "distributed"):
            raise
        raise UsageError("--engine dask needs dask: pip install 'tlsprobe[dask]'") from None
    return partial(cluster.run, scheduler=scheduler, workers=workers)
