"""Frozen datasets: the same bytes always, and nothing but those bytes is ever read."""

import json
import subprocess
import sys
import time
from pathlib import Path

import chomsky_tasks as chomsky
import numpy as np
import paper_tasks as paper
import pytest
import regular_tasks as regular

from pipeline.core import registry
from pipeline.core.rows import distinct, row_keys
from pipeline.core.sampled_task import SampledTask
from pipeline.core.task import Task
from pipeline.files import datasets
from pipeline.files.datasets import DatasetError
from pipeline.stages import freeze

SAMPLED = {"seed": 7, "length": 4, "training_examples": 12, "validation_examples": 4, "test_lengths": [1, 4, 9], "test_examples": 5}
SMALL = {
    "increment": SAMPLED | {"trailing_nines": [2, 5]},
    "counting": SAMPLED | {"trailing_nines": [2, 5]},
    "sort": SAMPLED,
    "count_ones": SAMPLED,
    "parity": SAMPLED | {"example": "1011"},
    "curve": {"seed": 7, "points": 60, "length": 6, "warm_up": 6},
    "long_lag": {"seed": 7, "time_steps": [4, 6], "trials": 2, "sequences": 50},
    "noisy_lag": {"seed": 7, "time_steps": [4, 6], "sequences": 50, "test_examples": 5},
    "adding": SAMPLED | {"test_lengths": [4, 9, 20]},
    "temporal_order": SAMPLED | {"length": 10, "test_lengths": [10, 25]},
    "reverse_string": SAMPLED | {"from_length": 1, "test_lengths": [1, 4, 9]},
    **regular.SMALL,
    **chomsky.SMALL,
    **paper.SMALL,
}

# Digests of the small datasets, by task and version. A change here is a new version of the task.
GOLDEN = {
    ("increment", 2): "b6cc13e13ba3664ce01633531136bb1a5e6482da1366e1af703e7857cd5e49b7",
    ("counting", 1): "75459753b52d9dff55a7250e835818a14e537cadd44c1b3642cb2f2c48c5e2fe",
    ("sort", 1): "1bd95adccb874d471879596800dbf50f7c0db4891b2270029f4a1c3dbf33f667",
    ("count_ones", 2): "4cb933b7812c28086771f6d2792eb5788726092c06427c4afd318dd1c58d88a0",
    ("parity", 2): "28f7a3b2f0c8170779afcd99436f897008d0297f7ccabe31e519c7de7ab70faa",
    ("curve", 1): "6203bc7bdef69025535181ebf71473f3ec6515277d8c4472bff3c05de9989f2c",
    ("long_lag", 1): "4841f459b89f79254a3ccd7925e85914532adff9229b9756af04a10ac149d179",
    ("noisy_lag", 2): "bc1ced622ec7e5b8b03de17ec2da60de18c6e31e62f8bceaafbd2a12deb2fe63",
    ("adding", 2): "e6cb6c3dd71d35d796efd37c213c7e3556719596369f9bbb7be51ce22addac99",
    ("temporal_order", 2): "fb0c834db71d66653a5266c8ee20358e29739cbf36126e11a9ae46524fb38a9f",
    ("reverse_string", 1): "c59645fe5ff485110a7cf067553e800716ba944c7235fb3e2968aba182453044",
    **regular.GOLDEN,
    **chomsky.GOLDEN,
    **paper.GOLDEN,
}
TASKS = registry.names("tasks")


def make(name: str, **changes: object) -> Task:
    kind = registry.load("tasks", name).TASK
    return kind(kind.Params(**(SMALL[name] | changes)))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def rows(array: np.ndarray) -> set[tuple[float, ...]]:
    unlike_itself = 9.0  # NaN is; no real here is as great as this
    return set(map(tuple, np.nan_to_num(array, nan=unlike_itself).reshape(len(array), -1).tolist()))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    datasets.freeze(make("increment"), tmp_path / "increment")
    return tmp_path / "increment"


# --- freezing -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TASKS)
def test_the_same_params_give_the_same_bytes(tmp_path, name):
    datasets.freeze(make(name), tmp_path / "one" / name)
    datasets.freeze(make(name), tmp_path / "other" / name)
    assert sorted(contents(tmp_path / "one" / name)) == ["manifest.json", "test.npz", "train.npz"]
    assert contents(tmp_path / "one" / name) == contents(tmp_path / "other" / name)


@pytest.mark.parametrize("name", TASKS)
def test_bytes_have_not_moved(tmp_path, name):
    task = make(name)
    datasets.freeze(task, tmp_path / name)
    assert datasets.load(tmp_path / name).digest == GOLDEN[name, task.version]


@pytest.mark.parametrize("name", sorted(set(TASKS) - {"curve"}))
def test_another_seed_gives_other_data(tmp_path, name):
    digests = []
    for seed in (7, 8):
        datasets.freeze(make(name, seed=seed), tmp_path / name)
        digests.append(datasets.load(tmp_path / name).manifest["files"]["train.npz"]["sha256"])
    assert digests[0] != digests[1]


def test_a_length_more_moves_no_other(tmp_path):
    before, after = (
        {(t.family, t.length): t for t in task.test_sets(task.training_pools())}
        for task in (make("sort"), make("sort", test_lengths=[1, 3, 4, 9]))
    )
    assert set(after) - set(before) == {(family, 3) for family in make("sort").families()}
    for key, test in before.items():
        np.testing.assert_array_equal(test.inputs, after[key].inputs)


@pytest.mark.parametrize("name", TASKS)
def test_loading_gives_back_what_the_task_drew(tmp_path, name):
    task = make(name)
    datasets.freeze(task, tmp_path / name)
    dataset = datasets.load(tmp_path / name)
    pools = task.training_pools()
    assert (dataset.name, list(dataset.pools)) == (name, list(pools))
    for length, pool in pools.items():
        found = dataset.pools[length]
        for part in ("inputs", "targets", "order"):
            np.testing.assert_array_equal(getattr(found, part), getattr(pool, part))
        assert found.validation == pool.validation
    drawn = {(test.family, test.length): test for test in task.test_sets(pools)}
    assert {(test.family, test.length) for test in dataset.test_sets} == set(drawn)
    for test in dataset.test_sets:
        for part in ("inputs", "targets"):
            expected = getattr(drawn[test.family, test.length], part)
            assert getattr(test, part).dtype == expected.dtype
            np.testing.assert_array_equal(getattr(test, part), expected)


@pytest.mark.parametrize("name", TASKS)
def test_frozen_targets_are_the_oracles(tmp_path, name):
    task = make(name)
    datasets.freeze(task, tmp_path / name)
    dataset = datasets.load(tmp_path / name)
    if name != "curve":  # its last answers are the post's, and magnify what rounding leaves of the inputs
        pools = [] if name in paper.DRAWN_TARGETS else dataset.pools.values()
        for part in (*pools, *dataset.test_sets):
            np.testing.assert_array_equal(part.targets, task.oracle(part.inputs))
            unscored = ("temporal_order", *paper.UNSCORED, *paper.ENDING, *chomsky.ENDING)
            assert part.targets.dtype.kind == ("f" if task.spec(4).outputs is None else "i" if name in unscored else "u")


@pytest.mark.parametrize("name", TASKS)
def test_no_input_comes_twice_and_overlap_is_counted(tmp_path, name):
    task = make(name)
    datasets.freeze(task, tmp_path / name)
    dataset = datasets.load(tmp_path / name)
    trained = {row for pool in dataset.pools.values() for row in rows(pool.inputs)}
    for pool in dataset.pools.values():
        assert len(rows(pool.inputs)) == len(pool.inputs) or name in paper.DRAWN_FREELY
    for test in dataset.test_sets:
        counts = dataset.manifest["test"][test.family][str(test.length)]
        assert len(rows(test.inputs)) == len(test.inputs) == counts["examples"]
        assert len(rows(test.inputs) & trained) == counts["in_training_pool"]
        assert not counts["in_training_pool"] or task.shares_inputs(test.length)


def test_counts_are_in_the_manifest(folder):
    manifest = datasets.load(folder).manifest
    assert (manifest["task"], manifest["version"], manifest["params"]) == ("increment", 2, SMALL["increment"])
    assert manifest["training"] == {"4": {"training": 12, "validation": 4}}
    assert {family: list(lengths) for family, lengths in manifest["test"].items()} == {
        "random": ["1", "4", "9"],
        "all_nines": ["1", "4", "9"],
        "idle_nines": ["1", "4", "9"],
        "trailing_nines_2": ["4", "9"],
        "trailing_nines_5": ["9"],
    }


def test_overlap_that_cannot_be_helped_is_counted(tmp_path):
    datasets.freeze(make("parity"), tmp_path / "parity")  # all sixteen strings of four bits are training examples
    assert datasets.load(tmp_path / "parity").manifest["test"]["random"]["4"] == {"examples": 5, "in_training_pool": 5}
    datasets.freeze(make("curve"), tmp_path / "curve")  # the warm-up is the last training window
    assert datasets.load(tmp_path / "curve").manifest["test"]["free_run"]["59"] == {"examples": 1, "in_training_pool": 1}


def test_noisy_sequences_are_kept_apart_where_there_are_enough(tmp_path):
    datasets.freeze(make("noisy_lag", time_steps=[5, 10], sequences=100_000, test_examples=3000), tmp_path / "noisy_lag")
    manifest = datasets.load(tmp_path / "noisy_lag").manifest
    assert manifest["training"] == {str(t): {"training": 100_000, "validation": 0} for t in (5, 10)}
    assert manifest["test"]["random"] == {  # y or x, and three symbols of three: 2 · 3³
        "5": {"examples": 54, "in_training_pool": 54},
        "10": {"examples": 3000, "in_training_pool": 0},
    }


class LowDigits(registry.load("tasks", "sort").Sort):
    """Sort, with only sixteen lists to draw from, though its alphabet promises more."""

    def sample(self, rng, n, length):
        return rng.integers(2, size=(n, length), dtype=np.uint8)


def test_random_tests_keep_clear_of_training_examples_where_there_is_room():
    task = LowDigits(make("sort").params)
    pools = task.training_pools()
    assert len(pools[4].inputs) == 16
    families = {(test.family, test.length) for test in task.test_sets(pools)}
    assert ("random", 4) not in families  # each of the sixteen is a training example
    assert ("random", 9) in families


def test_overlap_where_there_is_room_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(LowDigits, "test_sets", lambda self, pools: SampledTask.test_sets(self, {}))
    with pytest.raises(DatasetError, match=r"^sort: expected no training examples in the test set random/4, got 5"):
        datasets.freeze(LowDigits(make("sort").params), tmp_path / "sort")
    assert not list(tmp_path.iterdir())


def test_a_sampler_that_runs_dry_is_an_error():
    with pytest.raises(ValueError, match="expected 20 different training inputs, the sampler gives 16"):
        LowDigits(make("sort", training_examples=16).params).training_pools()


def test_drawing_goes_on_until_all_are_there():
    rng = np.random.default_rng(0)
    drawn = distinct(lambda: rng.integers(2, size=(64, 6), dtype=np.uint8), 64)
    assert len(rows(drawn)) == len(drawn) == 64
    again = np.random.default_rng(0)
    first = again.integers(2, size=(64, 6), dtype=np.uint8)
    np.testing.assert_array_equal(drawn[0], first[0])


def test_rows_are_equal_where_all_their_reals_are():
    drawn = np.tile(np.array([[0.0, 1.0], [0.5, np.nan]], dtype=np.float32), (5, 1, 1))
    drawn[1, 0, 0] = -0.0
    drawn.view(np.uint32)[2, 1, 1] = 0xFFC00001  # another NaN
    drawn[3, 1, 0] = 0.25
    drawn[4] = drawn[0].T
    before = drawn.tobytes()
    first, *alike, other, another = row_keys(drawn)
    assert alike == [first, first]
    assert len({first, other, another}) == 3
    assert drawn.tobytes() == before
    assert row_keys(drawn[:0]) == []
    np.testing.assert_array_equal(distinct(lambda: drawn, 5), drawn[[0, 3, 4]])


def test_overlap_is_counted_where_positions_have_several_reals(tmp_path, monkeypatch):
    task = make("adding")
    pool = task.training_pools()[4]
    monkeypatch.setattr(task, "test_sets", lambda pools: [datasets.TestSet("random", 4, pool.inputs[:3], pool.targets[:3])])
    with pytest.raises(DatasetError, match=r"^adding: expected no training examples in the test set random/4, got 3"):
        datasets.freeze(task, tmp_path / "adding")


def test_an_interrupted_freeze_leaves_the_old_folder_or_none(tmp_path, folder, monkeypatch):
    old = contents(folder)

    def interrupt(file, **arrays):
        Path(file).write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(datasets.np, "savez", interrupt)
    with pytest.raises(KeyboardInterrupt):
        datasets.freeze(make("increment", seed=8), folder)
    assert contents(folder) == old
    with pytest.raises(KeyboardInterrupt):
        datasets.freeze(make("parity"), tmp_path / "parity")
    assert list(tmp_path.iterdir()) == [folder]


def test_a_killed_freeze_is_cleared_away_by_the_next(tmp_path, folder):
    stray = tmp_path / ".increment.partial"
    stray.mkdir()
    (stray / "train.npz").write_bytes(b"half")
    old = contents(folder)
    datasets.freeze(make("increment"), folder)
    assert contents(folder) == old
    assert list(tmp_path.iterdir()) == [folder]


# --- verifying ------------------------------------------------------------------------------------------------------------------

FILES = ("train.npz", "test.npz", "manifest.json")


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("damage", ["changed", "cut", "longer", "missing", "emptied"])
def test_a_damaged_file_is_named_with_its_remedy(folder, file, damage):
    path = folder / file
    data = path.read_bytes()
    middle = len(data) // 2
    damaged = {
        "changed": data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :],
        "cut": data[:-1],
        "longer": data + b"\n",
        "emptied": b"",
    }
    path.unlink() if damage == "missing" else path.write_bytes(damaged[damage])
    with pytest.raises(DatasetError) as caught:
        datasets.load(folder)
    message = str(caught.value)
    assert message.startswith(f"{path}: expected ")
    assert "'dvc repro freeze@increment'" in message
    assert "\n" not in message


def test_a_changed_manifest_shows_whatever_was_changed(folder):
    path = folder / "manifest.json"
    text = path.read_text()
    for before, after in (('"seed": 7', '"seed": 8'), ('"validation": 4', '"validation": 0'), ("  ", " ")):
        assert before in text
        path.write_text(text.replace(before, after, 1))
        with pytest.raises(DatasetError, match=r"manifest\.json: expected the manifest as it was frozen"):
            datasets.load(folder)


@pytest.mark.parametrize("text", ["[]", "null", "{", '"train"'])
def test_a_manifest_of_another_kind_is_refused(folder, text):
    (folder / "manifest.json").write_text(text)
    with pytest.raises(DatasetError, match=r"manifest\.json: expected the manifest"):
        datasets.load(folder)


def test_a_missing_folder_is_named_with_its_remedy(tmp_path):
    with pytest.raises(DatasetError, match=r"/parity: expected a frozen dataset.*'dvc repro freeze@parity'.*'dvc checkout'"):
        datasets.load(tmp_path / "parity")


def test_arrays_that_need_pickle_are_not_read(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    np.savez(folder / "train.npz", **{"4/inputs": np.array([print], dtype=object)})
    manifest["files"]["train.npz"] = datasets._fingerprint((folder / "train.npz").read_bytes())
    (folder / "manifest.json").write_bytes(datasets._sealed(manifest))
    with pytest.raises(ValueError, match="allow_pickle=False"):
        datasets.load(folder)


# --- splitting ------------------------------------------------------------------------------------------------------------------


def test_each_seed_has_its_own_split_of_the_pool(folder):
    dataset = datasets.load(folder)
    training, validation = dataset.split(4, 0)
    assert (len(training), len(validation)) == (12, 4)
    assert sorted([*training, *validation]) == list(range(16))
    again, other = dataset.split(4, 0)[0], dataset.split(4, 1)[0]
    np.testing.assert_array_equal(training, again)
    assert training.tolist() != other.tolist()


def test_an_unknown_training_length_is_refused(folder):
    with pytest.raises(DatasetError, match="increment: expected a training length among 4, got 5"):
        datasets.load(folder).split(5, 0)


# --- the stage ------------------------------------------------------------------------------------------------------------------


def test_the_stage_freezes_the_task_it_is_told(tmp_path):
    freeze.run("parity", make("parity").params, tmp_path / "parity")
    assert datasets.load(tmp_path / "parity").digest == GOLDEN["parity", 2]


def test_the_stage_loads_no_deep_learning_library():
    code = (
        "import sys; from pipeline.core import registry; from pipeline.stages import freeze;"
        "[registry.load('tasks', name) for name in registry.names('tasks')];"
        "print(*{name.split('.')[0] for name in sys.modules})"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "numpy" in loaded
    assert not {"tensorflow", "keras", "mlflow", "jax", "torch", "matplotlib", "dvc"} & set(loaded)


def test_a_million_short_sequences_freeze_in_seconds(tmp_path):
    task = make("sort", length=10, training_examples=1_000_000, test_lengths=[10])
    begun = time.perf_counter()
    datasets.freeze(task, tmp_path / "sort")
    assert time.perf_counter() - begun < 60  # four seconds on an idle machine
    assert datasets.load(tmp_path / "sort").manifest["training"]["10"]["training"] == 1_000_000
