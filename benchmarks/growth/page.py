"""The measured curves as one picture and one table, with the exponents that fit them."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import table
from benchmarks.growth.curves import CURVES, Curve

RESULTS, PICTURE, README = Path("benchmarks", "growth.json"), Path("benchmarks", "growth.svg"), Path("benchmarks", "README.md")
MARKERS = "<!-- growth:begin -->", "<!-- growth:end -->"

Points = list[dict[str, float]]

HEAD = ("what", "over", "smallest and largest", "there", "exponent", "between the two largest")


def series(results: dict[str, Any]) -> list[tuple[Curve, str, Points]]:
    """List what is drawn: each curve's seconds, and the memory of testing; what has not been measured is left out."""
    drawn = []
    for name, curve in CURVES.items():
        if points := results["curves"].get(name):
            drawn.append((curve, "seconds", points))
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
                curve.title if of == "seconds" else f"{curve.title}, memory",
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
    if of != "seconds":
        return f"{value:,.0f} MiB"
    return f"{table.number(value)} s" if value >= 1 else f"{table.number(1000 * value)} ms"


def block(results: dict[str, Any]) -> str:
    """Render the picture's place, the table and what they were measured on."""
    machine = results["machine"]
    where = f"{results['date']}, {machine['processor']}, {machine['cores']} cores, load {machine['load_before']:g} before the run"
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
        at.loglog([p["size"] for p in points], [p[of] for p in points], "o-", color="#1f5fa8", markersize=4)
        at.set_xlabel(curve.axis)
        at.set_ylabel("seconds" if of == "seconds" else "MiB")
        at.set_title(f"{curve.title}{'' if of == 'seconds' else ', memory'}: exponent {exponent(points, of):.2f}", fontsize=9)
        at.grid(True, which="major", color="#dddddd")
    for at in axes.flat[len(drawn) :]:
        at.remove()
    figure.savefig(path, format="svg", metadata={"Date": None})
    plt.close(figure)


def write(results: dict[str, Any]) -> None:
    """Write the results, the picture and the README's block into the current folder."""
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    picture(results, PICTURE)
    README.write_text(table.replaced(README.read_text(encoding="utf-8"), block(results), *MARKERS), encoding="utf-8")
