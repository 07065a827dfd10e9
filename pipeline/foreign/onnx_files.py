"""Nets from ONNX files, as torch.onnx and tf2onnx write them: RNN, LSTM or GRU nodes, and a MatMul, Gemm and Add after the last one.

The graph is followed backwards from its scores. Nodes on the way that only move numbers (Transpose, Squeeze, Reshape, Gather of the last
position …) are passed; how they move them is checked by running the file on random inputs where onnxruntime is installed.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.certification.nets.layers import Layer
from pipeline.foreign.nets import Final, ForeignNet, Reading, Symbols, UnreadableNet, assembled, table_of

# Nodes that move or copy numbers.
MOVES = {"Transpose", "Squeeze", "Unsqueeze", "Reshape", "Slice", "Identity", "Cast", "Flatten", "Dropout"}
# Where a Slice to the end ends.
NO_END = 2**31 - 1
KINDS = {"RNN": ("tanh", ["Tanh"]), "LSTM": ("lstm", ["Sigmoid", "Tanh", "Tanh"]), "GRU": ("gru", ["Sigmoid", "Tanh"])}


def read_onnx(path: Path, reading: Reading) -> ForeignNet:
    """Read an ``.onnx`` file.

    Raises:
        UnreadableNet: It cannot be loaded, or a node is not among those that can be proved; the message names it.
    """
    import onnx

    try:
        model = onnx.load(str(path))
        graph = _Graph(path, model.graph)
    except UnreadableNet:
        raise
    except Exception as error:  # protobuf and onnx raise many kinds
        raise UnreadableNet(f"{path}: expected an ONNX file, got {' '.join(str(error).split())[:200]}") from None
    final, at = _final(graph, model.graph.output[0].name)
    kernel, bias, at = _readout(graph, at)
    layers: list[Layer] = []
    node = graph.recurrent(at)
    while node is not None:
        layers.insert(0, _layer(graph, node))
        at, node = graph.moved(node.input[0]), graph.recurrent(node.input[0], required=False)
    table, told = _table(graph, at, layers[0].inputs, reading)
    found = replace(assembled(path, "ONNX", layers, (kernel, bias), table, final, reading, told), unreplayed="onnxruntime is not installed")
    return _with_replay(found, table, integers=graph.embedded(at))


class _Graph:
    """A graph's nodes by what they give, and the numbers that it holds."""

    def __init__(self, path: Path, graph: Any) -> None:
        from onnx import numpy_helper

        self.path, self.inputs = path, {value.name for value in graph.input}
        self.makers = {name: node for node in graph.node for name in node.output if name}
        self.numbers = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
        for node in graph.node:
            if node.op_type == "Constant" and node.attribute[0].name == "value":
                self.numbers[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)

    def moved(self, name: str, whole: bool = True) -> str:
        """Go back from a value over the nodes that only move numbers; ``whole``: and leave none out."""
        while name in self.makers and (self.makers[name].op_type in MOVES or self._last_position(self.makers[name])):
            if whole:
                self._require_whole(self.makers[name])
            name = self.makers[name].input[0]
        return name

    def _require_whole(self, node: Any) -> None:
        """Refuse what a comparison of scores on short inputs cannot see: a Cast that rounds, a Slice that leaves later positions out."""
        from onnx import TensorProto

        where = f"{self.path}: node '{node.name}' ({node.op_type})"
        if node.op_type == "Cast" and (to := _attributes(node)["to"]) not in (TensorProto.FLOAT, TensorProto.INT32, TensorProto.INT64):
            raise UnreadableNet(f"{where}: expected numbers that stay float32, got a cast to {TensorProto.DataType.Name(to).lower()}")
        if node.op_type == "Slice":
            starts, ends = (self.numbers.get(name) for name in node.input[1:3])
            if starts is None or ends is None or not np.isin(starts, (0, -1)).all() or not (ends >= NO_END).all():
                raise UnreadableNet(f"{where}: expected all positions or the last one, got a part of them, which cannot be proved")

    def _last_position(self, node: Any) -> bool:
        """A Gather with the index -1 from what a layer has computed picks the last position."""
        last = bool(np.all(self.numbers.get(node.input[1], np.zeros(1)) == -1)) if len(node.input) > 1 else False
        return node.op_type == "Gather" and node.input[0] not in self.numbers and last

    def recurrent(self, name: str, required: bool = True) -> Any:
        """Return the recurrent node that a value comes from; ``None`` where there is none and none is required."""
        node = self.makers.get(self.moved(name))
        if node is not None and node.op_type in KINDS:
            return node
        if required:
            what = f"{node.op_type} (node '{node.name}')" if node is not None else "the input"
            raise UnreadableNet(f"{self.path}: expected an RNN, LSTM or GRU before the linear layer, got {what}, which cannot be proved")
        return None

    def embedded(self, name: str) -> bool:
        """Say whether a value comes from integers."""
        node = self.makers.get(name)
        return node is not None and node.op_type in ("Gather", "OneHot")

    def array(self, node: Any, place: int) -> Any:
        """Return a node's numbers at one of its inputs; ``None`` where it has none there."""
        name = node.input[place] if place < len(node.input) else ""
        if not name:
            return None
        if name not in self.numbers:
            raise UnreadableNet(
                f"{self.path}: node '{node.name}' ({node.op_type}): expected weights that are in the file, got '{name}', which is computed"
            )
        found = self.numbers[name]
        if found.dtype != np.float32:
            raise UnreadableNet(f"{self.path}: {name}: expected float32, got {found.dtype}")
        return found


def _attributes(node: Any) -> dict[str, Any]:
    import onnx

    return {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute}


def _final(graph: _Graph, name: str) -> tuple[Final, str]:
    name = graph.moved(name)
    node = graph.makers.get(name)
    if node is not None and node.op_type in ("Softmax", "Sigmoid"):
        return ("softmax" if node.op_type == "Softmax" else "sigmoid"), graph.moved(node.input[0])
    return "none", name


def _readout(graph: _Graph, name: str) -> tuple[Any, Any, str]:
    """Return kernel ``[H, outputs]``, bias, and the value that they read."""
    node, bias = graph.makers.get(name), None
    if node is not None and node.op_type == "Add":
        place = 0 if node.input[0] in graph.numbers else 1
        bias, name = graph.array(node, place), graph.moved(node.input[1 - place])
        node = graph.makers.get(name)
    if node is None or node.op_type not in ("MatMul", "Gemm"):
        got = "none" if node is None else f"{node.op_type} (node '{node.name}')"
        raise UnreadableNet(f"{graph.path}: expected a linear layer (MatMul or Gemm) at the end, got {got}, which cannot be proved")
    weight = node.input[1]
    turned = False
    maker = graph.makers.get(weight)
    if maker is not None and maker.op_type == "Transpose":
        weight, turned = maker.input[0], True
    if weight not in graph.numbers or graph.numbers[weight].dtype != np.float32:
        raise UnreadableNet(
            f"{graph.path}: node '{node.name}' ({node.op_type}): expected float32 weights that are in the file, got '{weight}'"
        )
    kernel = graph.numbers[weight]
    if node.op_type == "Gemm":
        given = _attributes(node)
        if given.get("alpha", 1.0) != 1 or given.get("beta", 1.0) != 1 or given.get("transA", 0):
            raise UnreadableNet(f"{graph.path}: node '{node.name}' (Gemm): expected alpha and beta of 1 and no transA, got others")
        turned ^= bool(given.get("transB", 0))
        bias = graph.array(node, 2) if bias is None else bias
    kernel = np.ascontiguousarray(kernel.T if turned else kernel)
    return kernel, np.zeros(kernel.shape[1], np.float32) if bias is None else bias.reshape(-1), graph.moved(node.input[0])


def _layer(graph: _Graph, node: Any) -> Layer:
    """Read ``W [1, gates H, D]``, ``R [1, gates H, H]``, ``B [1, 2 gates H]`` in ONNX's order of gates (LSTM: i, o, f, c; GRU: z, r, h)."""
    given, where = _attributes(node), f"{graph.path}: node '{node.name}' ({node.op_type})"
    kind, activations = KINDS[node.op_type]
    named = [name.decode() for name in given.get("activations", [])] or activations
    for key, expected, found in (
        ("direction", "forward", given.get("direction", b"forward").decode()), ("activations", activations, named),
        ("clip", None, given.get("clip")), ("input_forget", 0, given.get("input_forget", 0)),
    ):  # fmt: skip
        if found != expected:
            raise UnreadableNet(f"{where}: {key}: expected {expected}, got {found}, which cannot be proved")
    kernel, recurrent, bias = (graph.array(node, place) for place in (1, 2, 3))
    _require_from_zeros(graph, node, where)
    kernel, recurrent = kernel[0].T, recurrent[0].T
    wide = kernel.shape[1]
    both = np.zeros(2 * wide, np.float32) if bias is None else bias[0]
    order = np.arange(wide).reshape({"tanh": 1, "gru": 3, "lstm": 4}[kind], -1)
    columns = (order[[0, 2, 3, 1]] if kind == "lstm" else order).reshape(-1)
    weights = [np.ascontiguousarray(part[..., columns]) for part in (kernel, recurrent, both[:wide], both[wide:])]
    reset = None if kind != "gru" else "after" if given.get("linear_before_reset", 0) else "before"
    return Layer(kind, weights[0], weights[1], weights[2], weights[3], reset)  # type: ignore[arg-type]


def _require_from_zeros(graph: _Graph, node: Any, where: str) -> None:
    if any(node.input[4:5]):
        raise UnreadableNet(f"{where}: sequence_lens: expected inputs that are read to their end, got lengths of their own")
    if any(node.input[7:]):
        raise UnreadableNet(f"{where}: expected an LSTM without peepholes, got one with them")
    for place in (5, 6):
        name = graph.moved(node.input[place], whole=False) if place < len(node.input) and node.input[place] else ""
        if name and not _zeros(graph, name):
            raise UnreadableNet(f"{where}: expected a net that starts from a state of zeros, got '{name}' as its first state")


def _zeros(graph: _Graph, name: str) -> bool:
    """Say whether a value is zeros, of whatever shape."""
    from onnx import numpy_helper

    maker = graph.makers.get(name)
    if maker is not None and maker.op_type == "ConstantOfShape":
        value = _attributes(maker).get("value")
        return value is None or not numpy_helper.to_array(value).any()
    if maker is not None and maker.op_type in ("Expand", "Tile"):
        name = graph.moved(maker.input[0], whole=False)
    return name in graph.numbers and not graph.numbers[name].any()


def _table(graph: _Graph, name: str, inputs: int, reading: Reading) -> tuple[Any, tuple[str, ...]]:
    node = graph.makers.get(name)
    if node is None:
        return table_of(graph.path, "the input", inputs, reading)
    if node.op_type == "OneHot":
        return None, ()
    if node.op_type == "Gather" and node.input[0] in graph.numbers and graph.numbers[node.input[0]].dtype == np.float32:
        table = graph.numbers[node.input[0]]
        symbols = reading.symbols or len(table)
        if len(table) < symbols:
            raise UnreadableNet(f"{graph.path}: {node.input[0]}: expected an embedding of at least {symbols} symbols, got {len(table)}")
        return np.ascontiguousarray(table[:symbols]), ()
    raise UnreadableNet(
        f"{graph.path}: node '{node.name}' ({node.op_type}): expected an embedding or the input before the recurrent layers, got this"
    )


def _with_replay(found: ForeignNet, table: Any, integers: bool) -> ForeignNet:
    """Add the net in onnxruntime, which tells also whether the file takes the batch or the time first."""
    try:
        import onnxruntime
    except ImportError:
        return found
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(str(found.path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise UnreadableNet(f"{found.path}: expected a file that onnxruntime runs, got {' '.join(str(error).split())[:200]}") from None
    rows = np.eye(found.net.symbols, dtype=np.float32) if table is None else table
    given = session.get_inputs()[0]
    whole = {"tensor(int64)": np.int64, "tensor(int32)": np.int32}.get(given.type)

    def replay_of(time_first: bool) -> Callable[[Symbols], Any]:
        def replay(inputs: Symbols) -> Any:
            symbols = inputs.T if time_first else inputs
            fed = symbols.astype(whole) if integers and whole else rows[symbols]
            scores = np.asarray(session.run(None, {given.name: np.ascontiguousarray(fed)})[0])
            if scores.ndim == 3:
                scores = scores[-1] if time_first else scores[:, -1]
            return scores

        return replay

    inputs = np.random.default_rng(1).integers(found.net.symbols, size=(3, 5))
    trouble = ""
    for time_first in (False, True):
        candidate = replace(found, replay=replay_of(time_first), unreplayed="")
        try:
            if np.asarray(candidate.replay(inputs)).shape == candidate.own_scores(inputs).shape:  # type: ignore[misc]
                return candidate.verified()
        except UnreadableNet as error:
            if time_first:
                raise
            trouble = str(error)
        except Exception as error:  # onnxruntime raises many kinds
            trouble = " ".join(str(error).split())[:120]
    return replace(found, unreplayed=f"onnxruntime does not run it on inputs of any length and number ({trouble})")
