"""The measured curves as one picture and one table, with the exponents that fit them."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import table
from benchmarks.growth.curves import CURVES, Curve

RESULTS, PICTURE, README = Path("benchmarks", "growth.json"), Path("benchmarks", "growth.svg"), Path("benchmarks", "README.md")
MARKERS = "<!-- growth:begin -->", "<!-- growth:end -->"

# What a size costs: other work on the machine changes the processor's seconds less than the clock's.
COST = "processor_seconds"

Points = list[dict[str, float]]

HEAD = ("what", "over", "smallest and largest", "there", "exponent", "between the two largest")


def series(results: dict[str, Any]) -> list[tuple[Curve, str, Points]]:
    """List what is drawn: each curve's seconds of the processor, and the memory of testing; what has not been measured is left out."""
    drawn = []
    for name, curve in CURVES.items():
        if points := results["curves"].get(name, {}).get("points"):
            drawn.append((curve, COST, points))
            if curve.module == "evaluation":
                drawn.append((curve, "peak_mib", points))
    return drawn


def exponent(points: Points, of: str) -> float:
    """Fit ``b`` of ``a * size**b`` by least squares of the logarithms.

    Example:
        >>> exponent([{"size": 1, "seconds": 2}, {"size": 10, "seconds": 200}], "seconds")
        2.0
    """
    sizes, values = (np.log([point[key] for point in points]) for key in ("size", of))
    return round(float(np.polyfit(sizes, values, 1)[0]), 2)


def rows(results: dict[str, Any]) -> list[tuple[str, ...]]:
    """Return a line of text cells for each series, under ``HEAD``."""
    lines = []
    for curve, of, points in series(results):
        first, last = points[0], points[-1]
        lines.append(
            (
                f"{curve.title}, memory" if of == "peak_mib" else curve.title,
                curve.axis,
                f"{first['size']:,.0f} and {last['size']:,.0f}",
                f"{written(first[of], of)} and {written(last[of], of)}",
                f"{exponent(points, of):.2f}",
                f"{exponent(points[-2:], of):.2f}",
            )
        )
    return lines


def written(value: float, of: str) -> str:
    """Write a time or a memory: ``0.31 ms``, ``1.2 s``, ``900 MiB``."""
    if of == "peak_mib":
        return f"{value:,.0f} MiB"
    return f"{table.number(value)} s" if value >= 1 else f"{table.number(1000 * value)} ms"


def block(results: dict[str, Any]) -> str:
    """Render the picture's place, the table and what they were measured on."""
    machine = results["machine"]
    loads = sorted(curve["load_before"] for curve in results["curves"].values())
    busy = f"load {loads[0]:g} to {loads[-1]:g} before each curve"
    where = f"{results['date']}, {machine['processor']}, {machine['cores']} cores, {busy}"
    return "\n\n".join(["![Cost over size](growth.svg)", table.markdown(HEAD, rows(results)), f"{where}."])


def picture(results: dict[str, Any], path: Path) -> None:
    """Draw all curves on logarithmic axes."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "growth", "font.size": 9}
    from matplotlib import pyplot as plt

    drawn = series(results)
    figure, axes = plt.subplots(2, -(-len(drawn) // 2), figsize=(13, 6), layout="constrained", squeeze=False)
    for at, (curve, of, points) in zip(axes.flat, drawn, strict=False):
        sizes, values = [p["size"] for p in points], [p[of] for p in points]
        at.loglog(sizes, values, "o-", color="#1f5fa8", markersize=4)
        at.set_xticks(sizes, [f"{size:,}" for size in sizes])
        decades = np.arange(np.floor(np.log10(min(values))), np.ceil(np.log10(max(values))) + 1)
        at.set_yticks(10**decades, [f"{10**decade:,.10g}" for decade in decades])
        at.minorticks_off()
        at.set_xlabel(curve.axis)
        at.set_ylabel("MiB" if of == "peak_mib" else "seconds of a processor")
        at.set_title(f"{curve.title}{', memory' if of == 'peak_mib' else ''}: exponent {exponent(points, of):.2f}", fontsize=9)
        at.grid(True, color="#dddddd")
    for at in axes.flat[len(drawn) :]:
        at.remove()
    figure.savefig(path, format="svg", metadata={"Date": None})
    plt.close(figure)


def former(machine: dict[str, Any]) -> dict[str, Any]:
    """Return the curves that were measured before on the same machine; none are kept of another."""
    known = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else None
    return known["curves"] if known and known["machine"] == machine else {}


def write(results: dict[str, Any]) -> None:
    """Write the results, the picture and the README's block into the current folder."""
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    picture(results, PICTURE)
    README.write_text(table.replaced(README.read_text(encoding="utf-8"), block(results), *MARKERS), encoding="utf-8")
