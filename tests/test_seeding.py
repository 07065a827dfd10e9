"""Random streams: the same for the same name, unrelated for any other."""

import itertools
import subprocess
import sys

import numpy as np
import pytest

from pipeline.core.seeding import stream, stream_seed


def test_a_stream_is_the_same_in_every_process():
    code = "from pipeline.core.seeding import stream; print(*stream(3, 'sort', 'train', 10).integers(100, size=6))"
    elsewhere = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert [int(word) for word in elsewhere.split()] == stream(3, "sort", "train", 10).integers(100, size=6).tolist()


def test_streams_have_not_moved():
    assert stream(0, "increment", "train", 10).integers(1000, size=4).tolist() == [804, 434, 396, 790]


@pytest.mark.parametrize("seed", [0, 1, 2**40])
def test_other_names_and_seeds_give_other_streams(seed):
    names = [(), ("a",), ("b",), ("a", "b"), ("ab",), ("b", "a"), ("a", 1), ("a", "1"), ("a", 11), ("a", 1, 1)]
    drawn = [stream(s, *name).integers(2**62) for s in (seed, seed + 1) for name in names]
    assert len(set(drawn)) == len(drawn)


def test_neighbouring_streams_share_nothing():
    draws = [stream(seed, "x").random(4000) for seed in range(4)]
    for one, other in itertools.combinations(draws, 2):
        assert not np.intersect1d(one, other).size
        assert abs(np.corrcoef(one, other)[0, 1]) < 0.07


def test_integer_seeds_fit_31_bits_and_differ():
    seeds = {stream_seed(0, "weights", k) for k in range(200)}
    assert len(seeds) == 200
    assert all(0 <= seed < 2**31 for seed in seeds)
