"""``nines discover``: the machine that a net computes, as YAML, DOT and a picture, and whether that is proved."""

import json
from pathlib import Path

from pipeline.commands.prove import EXIT_CODES, described, save, watching
from pipeline.core.errors import WrongInput
from pipeline.foreign import nets
from pipeline.foreign.machines import save_yaml
from pipeline.foreign.nets import Reading
from pipeline.foreign.proving import PROVED, UNDECIDED


def discover(net: Path, given: Reading, folder: Path | None, most: int, as_json: bool) -> int:
    """Learn the net's machine, print what it is, write it to ``folder``, and return the exit code."""
    from pipeline.foreign.dot_files import save_dot
    from pipeline.foreign.learning import discover
    from pipeline.foreign.pictures import draw

    if folder is not None and not folder.is_dir():
        raise WrongInput(f"--out: expected a folder that is there, got {folder}; make it, or name another one")
    with watching() as told:
        told(f"reading {net.name}")
        found = nets.read(net, given)
        learnt = discover(found, most, told)
    machine, outcome = learnt.machine, learnt.outcome
    verdict = outcome.verdict if outcome is not None else UNDECIDED
    written = []
    if folder is not None:
        place = folder / net.stem
        for writer, path in (
            (save_yaml, place.with_suffix(".yaml")),
            (save_dot, place.with_suffix(".dot")),
            (draw, place.with_suffix(".png")),
        ):
            writer(machine, path)
            written.append(path)
        if outcome is not None and outcome.certificate is not None:
            written += save(outcome, folder / f"{net.stem}-proof.json")
    states = len(machine.transducer.states)
    if as_json:
        table = [[state, symbol, *after] for (state, symbol), after in sorted(machine.transducer.transitions.items())]
        print(json.dumps({"verdict": verdict, "states": states, "words": learnt.words, "seconds": round(learnt.seconds, 2),
                          "unfinished": learnt.unfinished, "transitions": table, "files": [str(path) for path in written]}))  # fmt: skip
        return EXIT_CODES[verdict]
    kind = "the machine" if verdict == PROVED else "a hypothesis"
    print(f"{kind}: {net.name}, {described(found)}, computes a machine of {states} states over {machine.transducer.symbols} symbols")
    if outcome is not None and outcome.certificate is not None:
        print(f"  proved       at every length, by {outcome.certificate.margin:.4g} or more; the checker accepts the proof")
    else:
        reasons = [learnt.unfinished] if outcome is None else outcome.reasons
        print("  not proved   it agrees with the net on all that was tried; it may differ on other inputs")
        print("\n".join(f"  {'stuck' if not at else '':12} {reason}" for at, reason in enumerate(reasons)))
    print(f"  asked        {learnt.words} words, {learnt.seconds:.1f} s")
    for state in machine.transducer.states[:12]:
        row = (machine.transducer.step(state, symbol) for symbol in range(machine.transducer.symbols))
        shown = [f"{name}/{machine.outputs[output]} {after}" for name, (after, output) in zip(machine.alphabet, row, strict=True)]
        print(f"  {state:12} {', '.join(shown[:10])}{', …' if len(shown) > 10 else ''}")
    for path in written:
        print(f"  written      {path}")
    return EXIT_CODES[verdict]
