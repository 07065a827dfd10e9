"""Keep how long each stage took here, for ``make repro`` to say how long the rest takes: python -m benchmarks.stages.

Reads ``data/timings`` of the study at the top and of each further one, and writes ``benchmarks/stages.json``; a study that has not been run
here keeps what the file has of it. Prints each stage that is new or has another time, before and after, and the sums.
"""

import json
from pathlib import Path

from pipeline.commands.position import MEASURED

ROOT = Path(__file__).parent.parent


def main(root: Path = ROOT) -> None:
    """Write the file, and print what has changed."""
    path = root / MEASURED
    former = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {"machines": [], "seconds": {}}
    seconds: dict[str, dict[str, float]] = {}
    machines = set()
    for folder in (root, *sorted(path.parent for path in root.glob("studies/*/params.yaml"))):
        study, found = "" if folder == root else folder.name, {}
        for timing_path in sorted(folder.glob("data/timings/*/*.json")):
            timing = json.loads(timing_path.read_text(encoding="utf-8"))
            found[f"{timing_path.parent.name}@{timing_path.stem}"] = timing["seconds"]
            machines.add(timing["machine"])
        before = former["seconds"].get(study, {})
        if not found and before:
            machines |= set(former["machines"])
        if found or before:
            seconds[study] = found or before
            for line in changes(before, seconds[study]):
                print(f"{study or 'top'}: {line}")
    content = {"machines": sorted(machines), "seconds": seconds}
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def changes(before: dict[str, float], after: dict[str, float]) -> list[str]:
    """Write a line for each stage whose time is another, and one for the sums of the stages that both have and of all.

    Example:
        >>> changes({"train@a": 4.0, "train@b": 1.0}, {"train@a": 2.0, "train@c": 1.0})
        ['train@a: 4 s, now 2 s', 'train@b: 1 s, now none', 'train@c: new, now 1 s', 'all: 5 s, now 3 s; those of both: 4 s, now 2 s']
    """
    lines = []
    for stage in sorted({*before, *after}):
        was, now = before.get(stage), after.get(stage)
        if was != now:
            lines.append(f"{stage}: {'new' if was is None else f'{was:,.3g} s'}, now {'none' if now is None else f'{now:,.3g} s'}")
    both = before.keys() & after.keys()
    shared = [sum(of[stage] for stage in both) for of in (before, after)]
    whole = f"all: {sum(before.values()):,.0f} s, now {sum(after.values()):,.0f} s"
    return [*lines, f"{whole}; those of both: {shared[0]:,.0f} s, now {shared[1]:,.0f} s"]


if __name__ == "__main__":
    main()
