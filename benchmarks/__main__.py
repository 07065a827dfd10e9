"""``python -m benchmarks``: time every contender on every workload, show tables, and write ``results.json`` and the READMEs' tables."""

import datetime
import json
import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks import machine, running, table, workloads
from benchmarks.contenders import CONTENDERS

GPU_SEEDS = [1, 10, 100]

console = Console()


def main(
    only: Annotated[list[str] | None, typer.Option(help="This workload alone (may be repeated); no file is written.")] = None,
    repetitions: Annotated[int, typer.Option(min=1, help="Turns of each contender.")] = 5,
    seeds: Annotated[str | None, typer.Option(help="Time the engine alone with these numbers of seeds too, such as 1,10,100.")] = None,
    contenders: Annotated[list[str] | None, typer.Option(help="This contender alone (may be repeated); no file is written.")] = None,
    renew: Annotated[bool, typer.Option("--renew", help="With --only: write these workloads, and keep the others.")] = False,
) -> None:
    """Time the engine beside Keras, PyTorch and JAX. Keep the machine quiet: noise hits all alike, but not by the same amount."""
    names, chosen = only or list(workloads.NAMES), tuple(contenders or CONTENDERS)
    results: dict[str, Any] = {
        "machine": machine.describe(),
        "versions": {},
        "workloads": {},
        "scaling": {},
    }
    loads = [workloads.load(name) for name in names]
    with console.status("") as status:
        for load in loads:
            section, versions = running.compare(load, chosen, repetitions, status.update)
            results["workloads"][load.name] = section | {"date": datetime.datetime.now(datetime.UTC).date().isoformat()}
            results["versions"] |= versions
            show(load.name, section)
        gpu = any(c["device"].startswith("gpu") for c in section["contenders"].values())
        counts = [int(count) for count in seeds.split(",")] if seeds else GPU_SEEDS if gpu else []
        for load in loads if counts else []:
            results["scaling"][load.name] = running.scale(load, counts, repetitions, status.update)
            console.print(load.name, results["scaling"][load.name])
    if not counts:
        console.print("No GPU was found: the engine with 1, 10 and 100 seeds was not timed (--seeds 1,10,100 does it on any device).")
    if (renew or running.whole(names)) and set(chosen) == set(CONTENDERS):
        if renew:
            results = running.renewed(json.loads(table.RESULTS.read_text(encoding="utf-8")), results)
        table.RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
        table.write(results)
        console.print(f"Written: {table.RESULTS}, and the tables of README.md and benchmarks/README.md.")


def show(name: str, section: dict[str, Any]) -> None:
    """Print one workload's table."""
    rate = section["matrix_product_gflops"]["best"]
    facts = f"{section['steps']} steps of {section['seeds']} seeds; the machine's matrix products: {rate:.0f} GFLOP/s"
    shown = Table(title=f"{name}: {section['title']}", caption=facts)
    for at, column in enumerate(table.HEAD):
        shown.add_column(column, justify="right" if at else "left")
    for line in table.rows(section):
        shown.add_row(*line)
    console.print(shown)


if __name__ == "__main__":
    try:
        typer.run(main)
    except (running.BenchmarkError, ValueError) as error:
        console.print(f"error: {error}", style="red")
        sys.exit(1)
