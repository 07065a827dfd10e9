"""Machines as people write them: YAML and DOT, whole ones read, others refused by the name of the key."""

import numpy as np
import pytest

from pipeline.foreign.machines import MachineError, of_task, read, save_yaml
from pipeline.tasks.parity import TASK

PARITY = """
states: [even, odd]
start: even
alphabet: [0, 1]
outputs: [0, 1]
transitions:
  even: {0: [even, 0], 1: [odd, 1]}
  odd: {0: [odd, 1], 1: [even, 0]}
"""
ACCEPTOR = """
states: [odd, even]
start: even
alphabet: [no, yes]
accepting: [odd]
transitions:
  even: {no: even, yes: odd}
  odd: {no: odd, yes: even}
"""
INPUTS = np.random.default_rng(0).integers(2, size=(20, 30))


def machine(tmp_path, text, name="machine.yaml", **told):
    (tmp_path / name).write_text(text)
    return read(tmp_path / name, **told)


@pytest.mark.parametrize("text", [PARITY, ACCEPTOR])
def test_a_mealy_machine_and_an_acceptor_are_the_same_machine(tmp_path, text):
    found = machine(tmp_path, text)
    np.testing.assert_array_equal(found.transducer.run(INPUTS), TASK.transducer.run(INPUTS))
    assert found.transducer.start == "even"
    assert found.alphabet == (("0", "1") if text is PARITY else ("no", "yes"))


def test_a_machine_survives_the_disk(tmp_path):
    for name in ("parity", "increment"):
        task = of_task(name)
        save_yaml(task, tmp_path / "machine.yaml")
        again = read(tmp_path / "machine.yaml")
        assert (again.transducer.transitions, again.alphabet, again.outputs) == (task.transducer.transitions, task.alphabet, task.outputs)
    odd = machine(tmp_path, PARITY.replace("even", '"a: b, {c}"'))
    save_yaml(odd, tmp_path / "odd.yaml")
    assert read(tmp_path / "odd.yaml").transducer.states == odd.transducer.states


def test_words_are_written_by_the_names_of_symbols(tmp_path):
    found = machine(tmp_path, ACCEPTOR)
    assert found.word((1, 0)) == "yes no"
    assert of_task("parity").word((1, 0)) == "10"
    assert found.answers((1, 7)) == "1 logit 7"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("start: even", "start: ever"), "start: expected one of the states"),
        (("1: [odd, 1]}", "1: [off, 1]}"), r"transitions.even.1: expected a state \(even, odd\), got 'off'"),
        (("1: [odd, 1]}", "1: [odd, 2]}"), r"transitions.even.1: expected an output \(0, 1\), got '2'"),
        (("1: [odd, 1]}", "}"), "transitions.even: expected one for each symbol of the alphabet, got none for '1'"),
        (("1: [odd, 1]}", "1: odd}"), r"transitions.even.1: expected \[state, output\], got 'odd'"),
        (("1: [odd, 1]}", "1: [odd, 1], 2: [odd, 1]}"), "expected symbols of the alphabet, got '2'"),
        (("outputs: [0, 1]", "output: [0, 1]"), "got 'output'; did you mean 'outputs'"),
        (("outputs: [0, 1]", "outputs: [0, 1]\naccepting: [odd]"), "either outputs .* or accepting .*, got both"),
        (("alphabet: [0, 1]", "alphabet: [0, 0]"), "alphabet: expected different names"),
        (("alphabet: [0, 1]", "alphabet: 01"), "alphabet: expected a list of names"),
        (("  odd: {0: [odd, 1], 1: [even, 0]}", ""), "transitions: expected an entry for each state"),
        (("states: [even, odd]\n", ""), "expected the key states, got none"),
        (("start: even", "start: [even"), "expected YAML"),
    ],
)
def test_a_machine_that_is_not_whole_is_refused_by_the_name_of_the_key(tmp_path, change, message):
    with pytest.raises(MachineError, match=message) as refused:
        machine(tmp_path, PARITY.replace(*change, 1))
    assert "machine.yaml" in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_machine_file_is_text_in_utf8_with_a_byte_order_mark_or_without(tmp_path, mark):
    path = tmp_path / "machine.yaml"
    path.write_bytes(mark + PARITY.encode())
    assert read(path).alphabet == ("0", "1")
    path.write_bytes(mark + PARITY.encode() + b"# caf\xe9\n")
    with pytest.raises(
        MachineError, match=rf"machine\.yaml: expected text in UTF-8, got the byte 0xe9 in line {PARITY.count(chr(10)) + 1}"
    ):
        read(path)


def test_files_of_other_kinds_and_tasks_without_a_machine_are_refused(tmp_path):
    with pytest.raises(MachineError, match="no such file"):
        read(tmp_path / "machine.yaml")
    with pytest.raises(MachineError, match="expected a machine in a"):
        machine(tmp_path, PARITY, "machine.txt")
    with pytest.raises(MachineError, match=r"\(.*increment, .*parity.*\), got 'sort'"):
        of_task("sort")


def test_dot_files_of_aalpy_are_read_whatever_kind_of_machine_they_hold(tmp_path):
    aalpy = pytest.importorskip("aalpy")
    from pipeline.foreign.dot_files import automaton, save_dot

    save_dot(of_task("parity"), tmp_path / "mealy.dot")
    mealy = read(tmp_path / "mealy.dot")
    np.testing.assert_array_equal(mealy.transducer.run(INPUTS), TASK.transducer.run(INPUTS))
    states = [aalpy.DfaState("q0", False), aalpy.DfaState("q1", True)]
    for state, other in (states, states[::-1]):
        state.transitions = {"a": state, "b": other}
    aalpy.save_automaton_to_file(aalpy.Dfa(states[0], states), str(tmp_path / "dfa"), "dot")
    with pytest.raises(MachineError, match="expected --alphabet with the order in which the net numbers a, b"):
        read(tmp_path / "dfa.dot")
    dfa = read(tmp_path / "dfa.dot", alphabet=("a", "b"))
    np.testing.assert_array_equal(dfa.transducer.run(INPUTS), TASK.transducer.run(INPUTS))
    outputs = [aalpy.MooreState("q0", 0), aalpy.MooreState("q1", 1)]
    for state, other in (outputs, outputs[::-1]):
        state.transitions = {0: state, 1: other}
    aalpy.save_automaton_to_file(aalpy.MooreMachine(outputs[0], outputs), str(tmp_path / "moore"), "dot")
    np.testing.assert_array_equal(read(tmp_path / "moore.dot").transducer.run(INPUTS), TASK.transducer.run(INPUTS))
    assert automaton(mealy).execute_sequence(automaton(mealy).initial_state, ["1", "1", "0"]) == ["1", "0", "0"]


@pytest.mark.parametrize("text", ["", "digraph {", 'digraph g {\ns0 [label="s0"];\ns0 -> s0 [label="0/0"];\n}', "nonsense -> "])
def test_a_dot_file_without_a_machine_is_one_line(tmp_path, text):
    pytest.importorskip("aalpy")
    with pytest.raises(MachineError) as refused:
        machine(tmp_path, text, "machine.dot")
    assert "\n" not in str(refused.value)
