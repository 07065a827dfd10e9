"""Keep how long each stage took here, for ``make repro`` to say how long the rest takes: python -m benchmarks.stages.

Reads ``data/timings`` of the study at the top and of each further one, and writes ``benchmarks/stages.json``.
"""

import json
from pathlib import Path

from pipeline.commands.position import MEASURED

ROOT = Path(__file__).parent.parent


def main() -> None:
    """Write the file, and print the sum of each study."""
    seconds: dict[str, dict[str, float]] = {}
    machines = set()
    for folder in (ROOT, *sorted(path.parent for path in ROOT.glob("studies/*/params.yaml"))):
        study = "" if folder == ROOT else folder.name
        for path in sorted(folder.glob("data/timings/*/*.json")):
            timing = json.loads(path.read_text(encoding="utf-8"))
            seconds.setdefault(study, {})[f"{path.parent.name}@{path.stem}"] = timing["seconds"]
            machines.add(timing["machine"])
        print(f"{study or 'top'}: {sum(seconds.get(study, {}).values()):,.0f} s")
    found = {"machines": sorted(machines), "seconds": seconds}
    (ROOT / MEASURED).write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
