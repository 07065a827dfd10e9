"""What the benchmark ran on. Nothing here names the host, a user or a path."""

import os
import platform
from contextlib import suppress
from pathlib import Path
from time import perf_counter

import numpy as np

MATRIX = 2048


def describe() -> dict[str, object]:
    """Return processor, cores, memory in GiB, system, Python and the load (runnable processes, mean of a minute) before the run."""
    return {
        "processor": _proc("cpuinfo", "model name") or platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(int((_proc("meminfo", "MemTotal") or "0").split()[0]) / 2**20, 1) or None,
        "system": _system(),
        "python": platform.python_version(),
        "load_before": load(),
    }


def load() -> float:
    """Return the load: runnable processes, mean of a minute."""
    return round(os.getloadavg()[0], 2)


def matrix_product_rate() -> float:
    """Time one large float32 ``np.matmul`` on all cores: floating-point operations a second."""
    a = np.random.default_rng(0).random((MATRIX, MATRIX), dtype=np.float32)
    out = np.empty_like(a)
    start = perf_counter()
    np.matmul(a, a, out=out)
    return 2 * MATRIX**3 / (perf_counter() - start)


def _system() -> str:
    with suppress(OSError):
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    return f"{platform.system()} {platform.release()}"


def _proc(file: str, key: str) -> str | None:
    with suppress(OSError):
        for line in Path("/proc", file).read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == key:
                return value.strip()
    return None
