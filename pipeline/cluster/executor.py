"""Jobs on a Ray cluster: queued by Ray, followed from here, begun again where a worker or a node is lost."""

import asyncio
import hashlib
import pickle
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import NodeDiedError, ObjectLostError, OutOfMemoryError, RayError, RayTaskError, WorkerCrashedError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from pipeline.cluster.node import Result, Step, attempt, libraries, versions
from pipeline.cluster.places import Place
from pipeline.core.errors import Mendable
from pipeline.execution.job import Job, Report, T, no_report

LOST = (WorkerCrashedError, NodeDiedError, OutOfMemoryError, ObjectLostError)
# A job whose workers have died so often, on nodes that live, is at fault itself.
DEATHS = 5
# A cancelled job may take this long to leave a snapshot.
SECONDS_TO_STOP = 30.0
# The head is asked so often whether it is there, and is lost after so many silences in a row.
SECONDS_BETWEEN_LOOKS = 2.0
SILENCES = 3


class HeadLost(Mendable):
    """The cluster's head is gone."""


class DeadlyJob(Mendable):
    """A job ends the processes that run it."""


class Cluster:
    """Hands jobs of one core each to the cluster that this process has joined (``connection.connected``).

    Attributes:
        places: Where each job ran, by the job's name.
        seconds: How long each worked there.
    """

    def __init__(self, say: Callable[[str], None] = lambda text: None) -> None:
        self.places: dict[str, Place] = {}
        self.seconds: dict[str, float] = {}
        self._say = say
        self._libraries = versions(libraries())
        self._attempt = ray.remote(num_cpus=1, max_retries=0)(attempt)
        self._lost = False

    @property
    def width(self) -> int:
        """How many cores the cluster has now."""
        return max(1, int(ray.cluster_resources().get("CPU", 0)))

    def run(self, jobs: Sequence[Job[T]], shared: Any, folder: Path, report: Report = no_report) -> list[T]:
        """Run ``jobs`` as ``Executor`` says. Snapshots lie on the nodes, in folders that are named after this one."""
        if not ray.cluster_resources().get("CPU"):
            self._say("the cluster has no core yet; the jobs wait for a node that has one")
        try:
            return asyncio.run(self._all(jobs, ray.put(shared), f"{socket.gethostname()}:{folder.absolute()}", report))
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None

    async def _all(self, jobs: Sequence[Job[T]], shared: ray.ObjectRef, folder: str, report: Report) -> list[T]:
        async with asyncio.TaskGroup() as group:
            looking = group.create_task(self._look_after_head())
            following = [group.create_task(self._follow(job, shared, folder, report)) for job in jobs]
            results = [await task for task in following]
            looking.cancel()
        return results

    async def _follow(self, job: Job[T], shared: ray.ObjectRef, folder: str, report: Report) -> T:
        """Run a job until it has ended; a lost one begins again, on the same node where that lives, since its snapshots are there."""
        packed, key = pickle.dumps(job), hashlib.sha256(f"{folder}:{job.name}".encode()).hexdigest()
        place: Place | None = None
        deaths = 0
        while True:
            near = NodeAffinitySchedulingStrategy(place.node, soft=True) if place else "DEFAULT"
            telling = self._attempt.options(scheduling_strategy=near, name=job.name).remote(packed, shared, key, self._libraries)
            try:
                async for told in telling:
                    match await told:
                        case Place() as found:
                            if place:
                                begins = "from its last snapshot" if found.resumed else "from the start"
                                self._say(f"{job.name}: runs again on {found.host}, {begins}")
                            place = self.places[job.name] = found
                        case Step(part, step, steps, metrics):
                            report(part, step, steps, metrics)
                        case Result(value, seconds):
                            self.seconds[job.name] = seconds
                            return value
            except LOST as error:
                deaths += not isinstance(error, NodeDiedError)
                where = f"on {place.host} " if place else ""
                if deaths == DEATHS:
                    raise DeadlyJob(
                        f"{job.name}: expected a result, got {deaths} dead workers, the last {where}({_first_line(error)})"
                    ) from None
                self._say(f"{job.name}: its worker {where}was lost")
            except RayTaskError as error:
                raise error.cause from None
            except asyncio.CancelledError:
                await self._stop(telling)
                raise

    async def _stop(self, telling: Any) -> None:
        if self._lost:
            return
        with suppress(RayError):
            ray.cancel(telling)
            await asyncio.wait([asyncio.ensure_future(telling.completed().as_future())], timeout=SECONDS_TO_STOP)

    async def _look_after_head(self) -> None:
        address = ray.get_runtime_context().gcs_address
        host, _, port = address.rpartition(":")
        silences = 0
        while silences < SILENCES:
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
            try:
                _, writer = await asyncio.wait_for(asyncio.open_connection(host.strip("[]"), int(port)), SECONDS_BETWEEN_LOOKS)
                writer.close()
                silences = 0
            except OSError:
                silences += 1
        self._lost = True
        raise HeadLost(f"the head of the cluster at {address} is lost; start it again, and the same command goes on from what is finished")


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
