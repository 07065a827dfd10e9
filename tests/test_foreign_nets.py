"""Nets that were made elsewhere: what is read computes what the file's own framework computes, and what cannot be proved is named."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.foreign.nets import Reading, UnreadableNet, read

# Keras saves and loads TensorFlow's variables in a way that NumPy warns of.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

EXPORTED = Path(__file__).parent / "exported"
INPUTS = np.random.default_rng(3).integers(3, size=(7, 11))
THREE = Reading(symbols=3)


def keras_net(path, *layers, length=None, inputs=3, embedded=None, seed=0):
    """Save a Keras net with random weights, biases included."""
    keras = pytest.importorskip("keras")
    given = keras.Input((length,), dtype="int32") if embedded else keras.Input((length, inputs))
    net = keras.Sequential([given, *([embedded] if embedded else []), *layers])
    rng = np.random.default_rng(seed)
    net.set_weights([rng.normal(size=weight.shape).astype(np.float32) * 0.7 for weight in net.get_weights()])
    net.save(path)
    return net


def layer(kind, units=4, **told):
    keras = pytest.importorskip("keras")
    return getattr(keras.layers, kind)(units, **told)


KERAS = {
    "rnn": lambda: [layer("SimpleRNN", return_sequences=True), layer("Dense", 3)],
    "lstm, last": lambda: [layer("LSTM"), layer("Dense", 3, activation="softmax")],
    "gru": lambda: [layer("GRU", return_sequences=True), layer("Dense", 2)],
    "gru, reset before": lambda: [layer("GRU", return_sequences=True, reset_after=False), layer("Dense", 2)],
    "gru, no biases": lambda: [layer("GRU", use_bias=False), layer("Dense", 2, use_bias=False)],
    "stacked": lambda: [layer("GRU", 3, return_sequences=True), layer("Dropout", 0.5), layer("LSTM", 5), layer("Dense", 2)],
    "sigmoid": lambda: [layer("LSTM"), layer("Dense", 1, activation="sigmoid")],
    "one logit": lambda: [layer("SimpleRNN"), layer("Dense", 1)],
}


@pytest.mark.parametrize("name", KERAS)
def test_a_keras_file_is_read_as_keras_computes_it(tmp_path, name):
    net = keras_net(tmp_path / "net.keras", *KERAS[name]())
    found = read(tmp_path / "net.keras", THREE)
    scores = np.asarray(net(np.eye(3, dtype=np.float32)[INPUTS]))
    scores = scores[:, -1] if scores.ndim == 3 else scores
    np.testing.assert_allclose(found.own_scores(INPUTS), scores, atol=2e-5)
    np.testing.assert_allclose(found.replay(INPUTS), scores, atol=1e-6)
    expected = scores[:, 0] > (0.5 if name == "sigmoid" else 0) if scores.shape[1] == 1 else scores.argmax(axis=1)
    np.testing.assert_array_equal(found.answers(INPUTS), expected)
    state = np.zeros((len(INPUTS), found.net.width), np.float32)
    for symbols in INPUTS.T:
        state, outputs = found.net.step(state, symbols)
    np.testing.assert_array_equal(outputs, expected)


def test_embedded_symbols_and_numbers_and_a_length_that_is_fixed(tmp_path):
    keras = pytest.importorskip("keras")
    path = tmp_path / "net.keras"
    net = keras_net(path, layer("GRU"), layer("Dense", 2), embedded=keras.layers.Embedding(5, 2))
    found = read(path, THREE)
    assert found.net.symbols == 3
    assert "first 3" in found.told[0]
    np.testing.assert_allclose(found.own_scores(INPUTS), net(INPUTS), atol=1e-5)
    net = keras_net(path, layer("GRU"), layer("Dense", 2), inputs=1)
    found = read(path, Reading(symbols=3, values=(-1.0, 0.5, 2.0)))
    np.testing.assert_allclose(found.own_scores(INPUTS), net(np.array([-1, 0.5, 2], np.float32)[INPUTS][..., None]), atol=1e-5)
    found = read(path, THREE)
    np.testing.assert_allclose(found.own_scores(INPUTS), net(INPUTS[..., None].astype(np.float32)), atol=1e-5)
    keras_net(path, layer("GRU", return_sequences=True), layer("Dense", 2), length=16)
    found = read(path, THREE)
    assert "16 symbols only" in " ".join(found.told)
    np.testing.assert_allclose(found.own_scores(INPUTS), found.replay(INPUTS), atol=1e-5)


def outside():
    keras = pytest.importorskip("keras")
    layers = keras.layers
    bent, hard = layers.SimpleRNN(2, activation="relu", name="bent"), layers.LSTM(2, recurrent_activation="hard_sigmoid", name="hard")
    end = layers.Dense(2, activation="tanh", name="end")
    return {
        "bidirectional": ([layers.Bidirectional(layers.GRU(2), name="both"), layers.Dense(2)], "layer 'both': .* got Bidirectional"),
        "norm": ([layers.GRU(2), layers.LayerNormalization(name="norm"), layers.Dense(2)], "layer 'norm': .* got LayerNormalization"),
        "half": ([layers.GRU(2, dtype="float16", name="half"), layers.Dense(2)], "layer 'half': expected float32, got float16"),
        "relu": ([bent, layers.Dense(2)], "layer 'bent': expected the activation"),
        "hard": ([hard, layers.Dense(2)], "layer 'hard': .*sigmoid, got hard_sigmoid"),
        "backwards": ([layers.GRU(2, go_backwards=True, name="back"), layers.Dense(2)], "layer 'back': expected go_backwards=False"),
        "no readout": ([layers.GRU(2)], "then one Dense layer"),
        "two": ([layers.GRU(2), layers.Dense(3, name="first"), layers.Dense(2)], "layer 'first': expected SimpleRNN"),
        "bent end": ([layers.GRU(2), end], "layer 'end': expected softmax, sigmoid or no"),
    }  # fmt: skip


@pytest.mark.parametrize("name", ["bidirectional", "norm", "half", "relu", "hard", "backwards", "no readout", "two", "bent end"])
def test_a_layer_that_cannot_be_proved_is_named_in_one_line(tmp_path, name):
    layers, message = outside()[name]
    keras_net(tmp_path / "net.keras", *layers)
    with pytest.raises(UnreadableNet, match=message) as refused:
        read(tmp_path / "net.keras", THREE)
    assert "\n" not in str(refused.value)


def test_code_in_a_keras_file_is_not_run(tmp_path):
    keras = pytest.importorskip("keras")
    keras_net(tmp_path / "net.keras", keras.layers.Lambda(lambda x: x), layer("GRU"), layer("Dense", 2))
    with pytest.raises(UnreadableNet, match="expected a Keras 3 file"):
        read(tmp_path / "net.keras", THREE)


def test_a_net_that_computes_something_else_than_its_layers_say_is_refused(tmp_path):
    """A functional net that goes through its one layer twice: its list of layers does not show it."""
    keras = pytest.importorskip("keras")
    given, gru = keras.Input((None, 4)), keras.layers.GRU(4, return_sequences=True)
    keras.Model(given, keras.layers.Dense(2)(gru(gru(given)))).save(tmp_path / "net.keras")
    with pytest.raises(UnreadableNet, match="scores that differ"):
        read(tmp_path / "net.keras", Reading(symbols=4))


@pytest.mark.parametrize("ending", ["safetensors", "onnx"])
@pytest.mark.parametrize("name", ["rnn", "lstm-stacked-embedded", "gru-last", "gru-parity"])
def test_a_net_of_pytorch_is_read_as_pytorch_computes_it(name, ending):
    pytest.importorskip("onnxruntime" if ending == "onnx" else "safetensors")
    with np.load(EXPORTED / "answers.npz") as answers:
        inputs, scores = answers["inputs"], answers[name]
    found = read(EXPORTED / f"{name}.{ending}", Reading(symbols=2))
    np.testing.assert_allclose(found.own_scores(inputs), scores[:, -1] if scores.ndim == 3 else scores, atol=1e-5)
    if ending == "onnx":
        np.testing.assert_allclose(found.replay(inputs), found.own_scores(inputs), atol=1e-5)
    elif found.replay is None:
        assert "PyTorch is not installed" in found.unreplayed


@pytest.mark.parametrize("name", ["lstm-stacked-embedded", "gru-last", "gru-parity"])
def test_what_the_newer_exporter_of_pytorch_writes_is_read_too(name):
    pytest.importorskip("onnxruntime")
    old, new = (read(EXPORTED / f"{name}{kind}.onnx", Reading(symbols=2)) for kind in ("", "-dynamo"))
    assert old.net.digest() == new.net.digest()


def test_a_graph_that_was_unrolled_is_refused_by_the_name_of_a_node():
    pytest.importorskip("onnx")
    with pytest.raises(UnreadableNet, match=r"expected an RNN, LSTM or GRU before the linear layer, got Concat \(node 'node_cat'\)"):
        read(EXPORTED / "rnn-dynamo.onnx", Reading(symbols=2))


def tampered(path, between, where):
    """Put nodes of ``between`` (op, attributes, further inputs by name) into the file's graph, before the node of kind ``where``."""
    onnx = pytest.importorskip("onnx")
    model = onnx.load(EXPORTED / "gru-parity.onnx")
    graph = model.graph
    at = next(number for number, node in enumerate(graph.node) if node.op_type == where)
    name = graph.node[at].input[0]
    for number, (op, attributes, arrays) in enumerate(between):
        inputs = [f"more_{number}_{place}" for place in range(len(arrays))]
        graph.initializer.extend(onnx.numpy_helper.from_array(array, own) for array, own in zip(arrays, inputs, strict=True))
        graph.node.insert(at + number, onnx.helper.make_node(op, [name, *inputs], [f"between_{number}"], f"between {number}", **attributes))
        name = f"between_{number}"
    graph.node[at + len(between)].input[0] = name
    onnx.save(model, path)
    return path


@pytest.mark.parametrize(
    ("between", "message"),
    [
        ([("Cast", {"to": 10}, []), ("Cast", {"to": 1}, [])], r"\(Cast\): expected numbers that stay float32, got a cast to float16"),
        (
            [("Slice", {}, [np.array([0]), np.array([100]), np.array([0])])],
            r"\(Slice\): expected all positions or the last one, got a part of them",
        ),
    ],
    ids=["a cast that rounds", "a slice that ends"],
)
def test_a_graph_that_differs_only_a_little_or_only_on_long_inputs_is_refused(tmp_path, between, message):
    pytest.importorskip("onnxruntime")
    with pytest.raises(UnreadableNet, match=message):
        read(tampered(tmp_path / "net.onnx", between, "GRU" if between[0][0] == "Slice" else "MatMul"), Reading(symbols=2))


def test_a_graph_whose_last_position_is_sliced_out_is_read(tmp_path):
    pytest.importorskip("onnxruntime")
    last = [("Slice", {}, [np.array([0]), np.array([2**63 - 1]), np.array([1])])]
    assert read(tampered(tmp_path / "net.onnx", last, "MatMul"), Reading(symbols=2)).replay is not None


def test_lengths_of_its_own_are_refused(tmp_path):
    onnx = pytest.importorskip("onnx")
    model = onnx.load(EXPORTED / "gru-parity.onnx")
    node = next(node for node in model.graph.node if node.op_type == "GRU")
    node.input[4] = "lengths"
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.array([5], np.int32), "lengths"))
    onnx.save(model, tmp_path / "net.onnx")
    with pytest.raises(UnreadableNet, match=r"\(GRU\): sequence_lens: expected inputs that are read to their end"):
        read(tmp_path / "net.onnx", Reading(symbols=2))


def state_dict(**more):
    rng = np.random.default_rng(0)
    shapes = {"net.rnn.weight_ih_l0": (9, 2), "net.rnn.weight_hh_l0": (9, 3), "net.head.weight": (2, 3), "net.head.bias": (2,)}
    arrays = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    return {name: array for name, array in (arrays | more).items() if array is not None}


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"net.rnn.weight_ih_l0_reverse": np.zeros((9, 2), np.float32)}, "bidirectional"),
        ({"net.rnn.weight_hr_l0": np.zeros((2, 3), np.float32)}, "projection"),
        ({"net.norm.weight": np.zeros(3, np.float32)}, "net.norm: .*normalisation"),
        ({"net.head.weight": np.zeros((2, 3), np.float16)}, "net.head.weight: expected float32, got float16"),
        ({"net.b.weight": np.zeros((2, 3), np.float32), "net.b.bias": np.zeros(2, np.float32)}, "net.b, net.head; name it with --readout"),
        ({"net.attention": np.zeros((2, 2), np.float32)}, "net.attention: expected an embedding"),
        ({"net.rnn.weight_hh_l0": np.zeros((7, 3), np.float32)}, "1, 3 or 4 times as many rows"),
        ({"net.rnn.weight_ih_l0": None}, r"one recurrent module \(weight_ih_l0\), got none"),
        ({"net.head.weight": np.full((2, 3), np.nan, np.float32)}, "finite"),
    ],
)  # fmt: skip
def test_a_state_dict_that_is_not_understood_is_refused_by_the_name_of_a_weight(tmp_path, more, message):
    save = pytest.importorskip("safetensors.numpy").save_file
    save(state_dict(**more), tmp_path / "net.safetensors")
    with pytest.raises(UnreadableNet, match=message):
        read(tmp_path / "net.safetensors", Reading(symbols=2))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("net.pt", b"\x80\x04.", "got a pickle"),
        ("net.h5", b"", "expected .keras, .safetensors or .onnx"),
        ("net.keras", b"nothing", "expected a Keras 3 file"),
        ("net.safetensors", b"nothing", "expected a state dict as safetensors"),
        ("net.onnx", b"nothing", "expected an ONNX file"),
    ],
)
def test_a_file_of_another_kind_is_one_line(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnreadableNet, match=message) as refused:
        read(tmp_path / name, Reading(symbols=2))
    assert "\n" not in str(refused.value)
    with pytest.raises(UnreadableNet, match="no such file"):
        read(tmp_path / f"other-{name}", Reading())
