"""``results.json`` as Markdown: ``python -m benchmarks.table [--compact | --write]``; ``--write`` puts it into both README files."""

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.contenders import FAMILIES, LABELS
from benchmarks.workloads import NAMES

RESULTS = Path("benchmarks", "results.json")
BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"

Rows = list[tuple[str, ...]]

HEAD = ("contender", "seed-steps a second", "quartiles", "engine is faster", "of the matrix-product rate", "first call costs")


def rows(section: dict[str, Any]) -> Rows:
    """Return a line of text cells for each contender of one workload, under ``HEAD``."""
    lines: Rows = []
    for name, found in section["contenders"].items():
        speed, share = found["seed_steps_per_second"], found["matrix_product_share"]
        lines.append(
            (
                LABELS[name] + ("" if found["device"] in ("cpu", "cpu:0") else f" ({found['device']})"),
                number(speed["median"]),
                f"{number(speed['lower_quartile'])} – {number(speed['upper_quartile'])}",
                "" if name == "engine" else times(found["engine_times_faster"]),
                "" if share is None else f"{100 * share:.1f} %",
                f"{found['first_call_seconds']:.1f} s",
            )
        )
    return lines


def full(results: dict[str, Any]) -> str:
    """Render everything: the machine, a table for each workload, and how the engine scales with seeds."""
    parts = [_conditions(results)]
    for name, section in results["workloads"].items():
        facts = f"{section['steps']} steps of {section['seeds']} seeds, {section['parameters']:,} parameters"
        cost = f"{section['flops_per_step'] / 1e6:.3g} MFLOP a step"
        load = f"{section['date']}, load {section['load_before']:g} before and {section['load_after']:g} after"
        parts += [f"**{name}**: {section['title']}; {facts}, {cost}; {load}", markdown(HEAD, rows(section))]
    for name, found in (results.get("scaling") or {}).items():
        head = ("seeds", "seed-steps a second", "milliseconds for a step of all")
        lines: Rows = [(str(r["seeds"]), number(r["seed_steps_per_second"]["median"]), f"{r['milliseconds_per_step']:.3g}") for r in found]
        parts += [f"**{name}**: the engine alone on {found[0]['device']}", markdown(head, lines)]
    return "\n\n".join(parts)


def compact(results: dict[str, Any]) -> str:
    """Render one line for each workload: the engine's speed, and how many times faster it is than the fastest way of each library."""
    lines = []
    for name, section in results["workloads"].items():
        found, ratios = section["contenders"], []
        for peers in FAMILIES.values():
            timed = [found[peer]["engine_times_faster"] for peer in peers if peer in found]
            ratios.append(times(min(timed)) if timed else "")
        plain = times(found["keras"]["engine_times_faster"]) if "keras" in found else ""
        lines.append((f"{name} ({section['title']})", number(found["engine"]["seed_steps_per_second"]["median"]), plain, *ratios))
    head = (
        "workload",
        "engine: seed-steps a second",
        "faster than plain Keras fit",
        *(f"than the fastest {family}" for family in FAMILIES),
    )
    return "\n\n".join([markdown(head, lines), _conditions(results)])


def replaced(text: str, block: str, opening: str = BEGIN, closing: str = END) -> str:
    """Put ``block`` between the markers of ``text``.

    Raises:
        ValueError: The markers are not there exactly once, in their order.
    """
    before, begin, rest = text.partition(opening)
    _, end, after = rest.partition(closing)
    if not begin or not end or opening in after or closing in before + after:
        raise ValueError(f"expected one {opening} and one {closing} after it")
    return f"{before}{opening}\n{block}\n{closing}{after}"


def write(results: dict[str, Any]) -> None:
    """Renew the tables of both README files in the current folder."""
    for path, block in ((Path("benchmarks", "README.md"), full(results)), (Path("README.md"), compact(results))):
        path.write_text(replaced(path.read_text(encoding="utf-8"), block), encoding="utf-8")


def number(value: float) -> str:
    """Write three digits that matter: ``12,300``, ``1.23``."""
    return f"{float(f'{value:.3g}'):,.0f}" if value >= 100 else f"{value:.3g}"


def times(ratio: float | None) -> str:
    """Write a ratio: ``2.95 ×``, ``17 ×``; below one the engine is the slower."""
    return "" if ratio is None else f"{ratio:.2f} ×" if ratio < 10 else f"{ratio:.0f} ×"


def _conditions(results: dict[str, Any]) -> str:
    machine, versions = results["machine"], results["versions"]
    packages = ", ".join(f"{name} {version}" for name, version in versions.items())
    where = f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB, {machine['system']}"
    sections = results["workloads"]
    turns = " or ".join(str(n) for n in sorted({section["repetitions"] for section in sections.values()}))
    dates = " and ".join(sorted({section["date"] for section in sections.values()}))
    said = f"{dates}, {where}, Python {machine['python']}, {packages}; medians of {turns} repetitions in turns."
    untimed: dict[str, list[str]] = {}
    for name, section in sections.items():
        if missing := "; ".join(label for peer, label in LABELS.items() if peer not in section["contenders"]):
            untimed.setdefault(missing, []).append(name)
    lacking = [f"Not timed yet: {', '.join(names)} beside {missing}." for missing, names in untimed.items()]
    absent = ", ".join(name for name in NAMES if name not in sections)
    return " ".join([said, *lacking, *([f"Not timed at all: {absent}."] if absent else [])])


def markdown(head: tuple[str, ...], lines: Rows) -> str:
    """Render a table; all columns but the first are aligned to the right."""
    rule = ("---", *("---:" for _ in head[1:]))
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *lines))


def main() -> None:
    """Print the table, or write it where it belongs."""
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    if "--write" in sys.argv[1:]:
        write(results)
    else:
        print(compact(results) if "--compact" in sys.argv[1:] else full(results))


if __name__ == "__main__":
    main()
