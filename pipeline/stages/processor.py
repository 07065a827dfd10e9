"""The processor: its name, and its kind, which is the vectors that XLA's programs are compiled for, on which the rounding of sums hangs."""

import os
import platform
import re
from collections.abc import Mapping
from pathlib import Path

KINDS = {"avx512f": "AVX-512", "avx2": "AVX2"}


def kind(cpuinfo: str | None = None, environment: Mapping[str, str] = os.environ) -> str:
    """Name the kind: ``AVX-512``, ``AVX2``, or another machine's architecture; ``--xla_cpu_max_isa`` in ``XLA_FLAGS`` holds it down.

    Args:
        cpuinfo: What ``/proc/cpuinfo`` says; default: what it says here.
        environment: Where ``XLA_FLAGS`` is looked up.
    """
    flags = set(_entry("flags", _cpuinfo() if cpuinfo is None else cpuinfo).split())
    found = next((name for flag, name in KINDS.items() if flag in flags), platform.machine())
    most = re.search(r"--xla_cpu_max_isa=(\w+)", environment.get("XLA_FLAGS", ""))
    return "AVX2" if most and most[1].upper() == "AVX2" and found == "AVX-512" else found


def model() -> str:
    """Return the name that its maker gives it."""
    return _entry("model name", _cpuinfo()) or platform.processor() or platform.machine()


def here() -> str:
    """Name this machine: its cores and its processor."""
    return f"{os.cpu_count()} × {model()}"


def _cpuinfo() -> str:
    try:
        return Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return ""


def _entry(key: str, cpuinfo: str) -> str:
    """Return the first value of a key; empty where there is none."""
    found = re.search(rf"^{key}\s*: *(.*)$", cpuinfo, re.MULTILINE)
    return found[1].strip() if found else ""
