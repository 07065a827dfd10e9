"""Nets of layers for the tests, and their steps as some float32 machine may compute them: in any order, by the worst of allowances."""

import numpy as np
from hand_built import parity_net, shuffled_sum

from pipeline.certification.nets.gru_net import GRUNet
from pipeline.certification.nets.layered_net import LayeredNet
from pipeline.certification.nets.layers import GATES, Layer
from pipeline.certification.sets.rounding import SIGMOID_ERROR, TANH_ERROR

KINDS = (("tanh", None), ("lstm", None), ("gru", "after"), ("gru", "before"))


def singles(array):
    return np.array(array, np.float32)


def random_layer(rng, kind, reset, inputs, units, scale=1.0):
    wide = GATES[kind] * units
    return Layer(kind, *(singles(rng.normal(size=shape) * scale) for shape in ((inputs, wide), (units, wide), (wide,), (wide,))), reset)


def random_net(rng, kinds, symbols=2, units=3, outputs=3, table=None, scale=1.0):
    """Stack layers of ``kinds``; ``table`` is the width of embedded symbols."""
    layers, inputs = [], table or symbols
    for kind, reset in kinds:
        layers.append(random_layer(rng, kind, reset, inputs, units, scale))
        inputs = units
    fed = None if table is None else singles(rng.normal(size=(symbols, table)))
    return LayeredNet(tuple(layers), singles(rng.normal(size=(units, outputs))), singles(rng.normal(size=outputs)), fed)


def gru_parity(gain=4.0, reset="after", shut=12.0):
    """A GRU that does as a tanh net of two units does: its update gates are shut and its reset gates open."""
    net, units = parity_net(gain), 2
    parts = [np.concatenate([np.zeros((len(part), 2 * units)), part], axis=1) for part in (net.kernel, net.recurrent)]
    bias = np.concatenate([np.full(units, -shut), np.full(units, shut), net.bias])
    layer = Layer("gru", *map(singles, (*parts, bias, np.zeros(3 * units))), reset)
    return LayeredNet((layer,), net.readout, net.offset)


def own_gru(reset):
    """The same as one of this project's own nets, with a bias of the candidate that its other bias takes back."""
    net = gru_parity(reset=reset)
    (layer,) = net.layers
    bias, own = layer.bias.copy(), singles([0.5, -0.25])
    weights = {"recurrent/kernel": layer.kernel, "recurrent/recurrent_kernel": layer.recurrent, "recurrent/bias": bias}
    if reset == "after":
        bias[4:] -= own
        weights |= {"recurrent/candidate_bias": own}
    return GRUNet(weights | {"readout/kernel": net.readout, "readout/bias": net.offset}, reset)


def stacked_parity(gain=4.0):
    """A parity net, and above it a GRU that hands on what it hears."""
    below, units = parity_net(gain), 2
    first = Layer("tanh", below.kernel, below.recurrent, below.bias, np.zeros(units, np.float32))
    kernel = np.concatenate([np.zeros((units, 2 * units)), 3 * np.eye(units)], axis=1)
    bias = np.concatenate([np.full(units, -12.0), np.zeros(2 * units)])
    second = Layer(
        "gru", singles(kernel), np.zeros((units, 3 * units), np.float32), singles(bias), np.zeros(3 * units, np.float32), "before"
    )
    return LayeredNet((first, second), below.readout, below.offset)


class Machine:
    """Some machine's float32: sums in random orders, fused or not, activations off by as much as is allowed for."""

    def __init__(self, rng, worst=0.95):
        self.rng, self.worst = rng, worst

    def sums(self, *terms):
        """Sum terms ``[n, K, terms]`` in one random order."""
        return shuffled_sum(
            np.concatenate([np.broadcast_to(term, (*terms[0].shape[:2], term.shape[-1])) for term in terms], axis=-1), self.rng
        )

    def tanh(self, z):
        off = self.rng.choice([-1, 0, 1], size=z.shape) * self.worst * TANH_ERROR
        return singles(np.tanh(z.astype(np.float64)) + off)

    def gate(self, z):
        off = self.rng.choice([-1, 0, 1], size=z.shape) * self.worst * SIGMOID_ERROR
        return singles(np.clip(0.5 + 0.5 * np.tanh(z.astype(np.float64) / 2) + off, 0, 1))

    def blend(self, z, h, n):
        one = np.float32(1)
        match self.rng.integers(4):
            case 0:
                return z * h + (one - z) * n
            case 1:
                return (h - n) * z + n
            case 2:  # fused
                return singles(z.astype(np.float64) * (h - n) + n)
            case _:
                return singles((one - z).astype(np.float64) * n + z * h)

    def layer(self, layer, given, hidden, cell):
        """Advance one layer: ``given`` are the terms ``[n, K, terms]`` of ``x W``."""
        recurrent = terms_of(hidden, layer.recurrent)
        bias, more = layer.bias[None, :, None], layer.recurrent_bias[None, :, None]
        if layer.kind != "gru":
            z = self.sums(recurrent, given, bias, more)
            if layer.kind == "tanh":
                return self.tanh(z), cell
            into, forget, candidate, out = np.split(z, 4, axis=1)
            taken, kept = self.gate(into) * self.tanh(candidate), self.gate(forget)
            cell = singles(kept.astype(np.float64) * cell + taken) if self.rng.random() < 0.5 else kept * cell + taken
            return self.gate(out) * self.tanh(cell), cell
        at = slice(2 * layer.units)
        update, reset = np.split(self.gate(self.sums(recurrent[:, at], given[:, at], bias[:, at], more[:, at])), 2, axis=1)
        at = slice(2 * layer.units, None)
        if layer.reset == "after":
            heard = reset * self.sums(recurrent[:, at], more[:, at])
            new = self.sums(given[:, at], bias[:, at], heard[..., None])
        else:
            new = self.sums(terms_of(reset * hidden, layer.recurrent[:, at]), given[:, at], bias[:, at], more[:, at])
        return self.blend(update, hidden, self.tanh(new)), cell

    def step(self, net, state, symbol):
        """Advance states ``[n, width]``; return them and the logits."""
        after = np.empty_like(state)
        kernel = net.layers[0].kernel
        row = kernel[symbol][:, None] if net.table is None else (net.table[symbol][:, None] * kernel).T
        given = np.broadcast_to(row, (len(state), *row.shape))
        for number, (layer, (hidden, cell)) in enumerate(zip(net.layers, net._places, strict=True)):
            after[:, hidden], after[:, cell] = self.layer(layer, given, state[:, hidden], state[:, cell])
            if number + 1 < len(net.layers):
                given = terms_of(after[:, hidden], net.layers[number + 1].kernel)
        logits = self.sums(terms_of(after[:, : len(net.readout)], net.readout), net.offset[None, :, None])
        return after, logits


def terms_of(x, matrix):
    """Return the float32 products of a sum ``x M``: ``[n, K, D]``."""
    return np.moveaxis(x[:, :, None] * matrix, 1, -1)
