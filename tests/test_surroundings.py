"""What a user's machine may have set, and what must not change with it: colours, encodings, plots, Keras, editors."""

import subprocess
import sys
from pathlib import Path

import handmade
import pytest

from pipeline.commands.inputs import Inputs
from pipeline.config import settings
from pipeline.core.notation import InputError, read_words
from pipeline.files.yaml_files import read_yaml

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a net that is right, asked by hand-written weights, and three numbers with its answers to be long."""
    folder = tmp_path_factory.mktemp("checkout")
    handmade.put(folder)
    (folder / "claims").symlink_to(ROOT / "claims")
    (folder / "numbers.txt").write_text("9\n" + "9" * 30 + "\n41\n")
    return folder


def said(checkout: Path, *words: str, given: bytes = b"", code: int = 0, **variables: str) -> tuple[bytes, bytes]:
    """Run the command line as a process; return the bytes that it wrote to stdout and to stderr."""
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": str(checkout)} | variables
    command = [sys.executable, "-m", "pipeline", *words]
    done = subprocess.run(command, cwd=checkout, env=environment, input=given, capture_output=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout, done.stderr


COLOURS = {"FORCE_COLOR": "1", "TTY_COMPATIBLE": "1", "CLICOLOR_FORCE": "1"}


@pytest.mark.parametrize(
    "words",
    [("solve", "increment", "-f", "numbers.txt", "--check"), ("experiments",), ("explain", handmade.EXPERIMENT)],
    ids=lambda w: w[0],
)
def test_a_file_holds_the_same_whatever_asks_for_colours(checkout: Path, words: tuple[str, ...]) -> None:
    plain = said(checkout, *words)
    assert said(checkout, *words, **COLOURS) == plain
    assert b"\x1b" not in plain[0] + plain[1]


def test_answers_are_whole_whatever_asks_for_colours(checkout: Path) -> None:
    out, _ = said(checkout, "solve", "increment", "-f", "numbers.txt", **COLOURS)
    assert out.decode().splitlines()[1:] == ["9\t10", f"{'9' * 30}\t1{'0' * 30}", "41\t42"]


@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
def test_what_cannot_be_shown_is_replaced(checkout: Path, encoding: str) -> None:
    whole = said(checkout, "explain", handmade.EXPERIMENT, PYTHONIOENCODING="utf-8")[0].decode()
    assert "–" in whole
    shown = said(checkout, "explain", handmade.EXPERIMENT, PYTHONIOENCODING=encoding)[0].decode(encoding)
    assert shown == whole.encode(encoding, errors="replace").decode(encoding)
    _, errors = said(checkout, "solve", "increment", "12–3", code=2, PYTHONIOENCODING=encoding)
    assert errors.startswith(b"error: expected a number")


MARK = b"\xef\xbb\xbf"


def test_a_byte_order_mark_is_no_part_of_an_input(checkout: Path) -> None:
    out, _ = said(checkout, "solve", "increment", "-", given=MARK + b"12\r\n13\r\n")
    assert out.decode().splitlines()[1:] == ["12\t13", "13\t14"]
    (checkout / "marked.txt").write_bytes(MARK + b"9\n")
    with Inputs(None, [checkout / "marked.txt"]) as inputs:
        assert [text for _, text in inputs] == ["9"]
    with Inputs("\ufeff9", []) as inputs:
        assert [text for _, text in inputs] == ["9"]


@pytest.mark.parametrize("text", ["0,1 0,2 0,3", "1,000 2,000", "3 4,5", "0,1, 0,2"])
def test_words_that_can_be_read_in_two_ways_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="expected words separated by spaces or by commas"):
        read_words(text)


def test_decimal_commas_are_refused_by_the_task(checkout: Path) -> None:
    _, errors = said(checkout, "solve", "curve", "0,1 0,2 0,3 0,4 0,5 0,6 0,7 0,8", code=2)
    assert errors.decode().startswith("error: expected words separated by spaces or by commas, got '0,1'")
    assert "write decimals with a point" in errors.decode()
    assert errors.count(b"\n") == 1


FILES = {
    "Latin-1": (b"tasks: {}\n# caf\xe9\n", "expected text in UTF-8, got the byte 0xe9 in line 2"),
    "a control character": (b"tasks: {}\n# \x01\n", "expected YAML, got "),
    "a merge": (
        b"tasks: {}\n<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> other\n",
        "expected YAML, got the marks of a merge in line 2; finish the merge",
    ),
    "no YAML": (b"tasks: {}\nexperiments: [\n", "expected YAML, got "),
    "empty": (b"", "expected the sections tasks and experiments, got NoneType"),
}


@pytest.mark.parametrize("fault", FILES)
def test_a_params_file_that_cannot_be_read_is_one_line(tmp_path: Path, fault: str) -> None:
    content, expected = FILES[fault]
    (tmp_path / "params.yaml").write_bytes(content)
    out, errors = said(tmp_path, "tasks", code=2)
    assert (out, errors.count(b"\n")) == (b"", 1)
    assert f"error: params.yaml: {expected}" in errors.decode()


def test_a_marked_params_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_bytes(MARK + (ROOT / "params.yaml").read_bytes())
    assert settings.read(tmp_path / "params.yaml").tasks.keys() == settings.read(ROOT / "params.yaml").tasks.keys()
    assert read_yaml(tmp_path / "params.yaml", comments=True).keys() == read_yaml(ROOT / "params.yaml").keys()


@pytest.mark.parametrize("backend", ["torch", "no_such_backend"])
def test_another_backend_of_keras_is_one_line(checkout: Path, backend: str) -> None:
    (checkout / "keras.json").write_text(f'{{"backend": "{backend}"}}')
    out, errors = said(checkout, "train", handmade.EXPERIMENT, code=2, KERAS_HOME=str(checkout))
    assert (out, errors.count(b"\n")) == (b"", 1)
    assert f"error: keras.json: expected the backend tensorflow or jax, got '{backend}'" in errors.decode()


def test_nets_are_in_float32_whatever_keras_is_configured_to(tmp_path: Path) -> None:
    (tmp_path / "keras.json").write_text('{"floatx": "float64", "epsilon": 0.1, "image_data_format": "channels_first"}')
    program = (
        "import pipeline.layers, keras; from keras import config; print(config.floatx(), config.epsilon(), config.image_data_format(),"
        " keras.layers.Dense(1).dtype_policy.name)"
    )
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "KERAS_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["float32", "1e-07", "channels_last", "float32"]


DRAW = """
import hashlib
from pipeline.reporting.figures.style import Key, Panel, Picture, png, svg
panel = Panel("Right $x$", "a line", lambda axes: axes.plot([0, 1], [1234.5, 2]))
print(hashlib.sha256(svg(panel).encode()).hexdigest(), hashlib.sha256(png(Picture("a", "b", (panel,), (Key("k", "#0072b2"),)))).hexdigest())
"""


def test_pictures_do_not_depend_on_a_users_matplotlibrc(tmp_path: Path) -> None:
    wishes = (
        "text.usetex: True\nsavefig.dpi: 300\nfont.family: serif\nlines.linestyle: --\naxes.formatter.use_locale: True\nfont.size: 20\n"
    )
    (tmp_path / "matplotlibrc").write_text(wishes)
    drawn = {
        subprocess.run([sys.executable, "-c", DRAW], env=environment, capture_output=True, text=True, check=True).stdout
        for more in ({}, {"MATPLOTLIBRC": str(tmp_path / "matplotlibrc"), "MPLBACKEND": "module://there_is_none"})
        for environment in ({"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)} | more,)
    }
    assert len(drawn) == 1
