"""``python -m benchmarks.growth``: measure every curve, and write ``growth.json``, ``growth.svg`` and the table of ``README.md``."""

import datetime
import json
import subprocess
import sys
from typing import Annotated, Any

import typer

from benchmarks import machine
from benchmarks.growth import page
from benchmarks.growth.curves import CURVES


def main(
    only: Annotated[list[str] | None, typer.Option(help="This curve alone (may be repeated); no file is written.")] = None,
    most: Annotated[int | None, typer.Option(min=1, help="No size above this; no file is written.")] = None,
    renew: Annotated[bool, typer.Option("--renew", help="With --only: write these curves, and keep the others.")] = False,
) -> None:
    """Measure how cost grows: a process for each curve, one after the other."""
    if unknown := [name for name in only or [] if name not in CURVES]:
        raise typer.BadParameter(f"expected one of the curves {', '.join(CURVES)}, got '{unknown[0]}'", param_hint="--only")
    results: dict[str, Any] = {"date": datetime.datetime.now(datetime.UTC).date().isoformat(), "machine": machine.describe()}
    del results["machine"]["load_before"]  # each curve has its own
    curves = {name: {"load_before": machine.load(), "points": measured(name, most)} for name in only or CURVES}
    if most is not None or (only and not renew):
        return
    former = page.former(results["machine"]) if renew else {}
    known = former | curves
    page.write(results | {"curves": {name: known[name] for name in CURVES if name in known}})
    print(f"Written: {page.RESULTS}, {page.PICTURE}, and the table of {page.README}.")


def measured(name: str, most: int | None = None) -> page.Points:
    """Run the process of one curve; print and return its points."""
    sizes = [str(size) for size in CURVES[name].sizes if most is None or size <= most]
    command = [sys.executable, "-m", "benchmarks.growth.curves", name, *sizes]
    points: page.Points = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            points.append(json.loads(line))
            of = points[-1]
            print(f"{name} {of['size']:,}: {page.written(of['seconds'], 'seconds')}, {of['peak_mib']:,.0f} MiB", flush=True)
    if process.returncode:
        sys.exit(f"error: the curve {name} ended early; its process has said why above")
    return points


if __name__ == "__main__":
    typer.run(main)
