"""The kind of processor: which vectors XLA's programs are compiled for, on which the rounding of sums hangs."""

import os
import platform
import re
from collections.abc import Mapping
from pathlib import Path

KINDS = {"avx512f": "AVX-512", "avx2": "AVX2"}


def kind(cpuinfo: str | None = None, environment: Mapping[str, str] = os.environ) -> str:
    """Name it: ``AVX-512``, ``AVX2``, or another machine's architecture; ``--xla_cpu_max_isa`` in ``XLA_FLAGS`` holds it down.

    Args:
        cpuinfo: What ``/proc/cpuinfo`` says; default: what it says here.
        environment: Where ``XLA_FLAGS`` is looked up.
    """
    if cpuinfo is None:
        path = Path("/proc/cpuinfo")
        cpuinfo = path.read_text(encoding="utf-8") if path.is_file() else ""
    flags = set(cpuinfo.partition("flags")[2].partition("\n")[0].split())
    found = next((name for flag, name in KINDS.items() if flag in flags), platform.machine())
    most = re.search(r"--xla_cpu_max_isa=(\w+)", environment.get("XLA_FLAGS", ""))
    return "AVX2" if most and most[1].upper() == "AVX2" and found == "AVX-512" else found
