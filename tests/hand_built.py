"""Nets built by hand for the tests of certification, and their steps in float32 with sums in random orders."""

import numpy as np

from pipeline.certification.nets.lstm_net import LSTMNet
from pipeline.certification.nets.tanh_net import TanhNet


def net_of(*weights):
    return TanhNet(*(np.array(weight, np.float32) for weight in weights))


def lstm_of(*weights, **told):
    return LSTMNet(*(np.array(weight, np.float32) for weight in weights), **told)


def parity_net(gain, sharpness=8.0):
    """Count ``n``, the parity before plus the bit, in two units: one for ``n >= 1``, one for ``n >= 2``; their difference is the parity."""
    kernel = [[0, 0], [2 * gain, 2 * gain]]
    recurrent = [[gain, gain], [-gain, -gain]]
    return net_of(kernel, recurrent, [-gain, -3 * gain], [[0, sharpness], [0, -sharpness]], [0, -sharpness])


def increment_net(gain=2.0):
    """Twenty units, one for each digit and carry; the one for nine and a carry is what the next step hears, and none at the start."""
    carries = np.arange(20) // 10
    kernel = 4 * (np.arange(10)[:, None] == np.arange(20) % 10)
    recurrent = np.zeros((20, 20))
    recurrent[19] = np.where(carries, 2, -2)
    bias = np.where(carries, 1, -1) - 4
    readout = 3 * ((np.arange(20) + carries)[:, None] % 10 == np.arange(10))
    return net_of(gain * kernel, gain * recurrent, gain * bias, readout, np.zeros(10))


def forgetful(net, shut=12.0):
    """An LSTM that does as a tanh net does: its gates are open, its forget gates shut, and its outputs tanh(1) as large."""
    gates = np.repeat([[0.0], [0.0], [1.0], [0.0]], net.width, axis=1).reshape(-1)
    loud = 1 / np.tanh(1)
    bias = gates * np.tile(net.bias, 4) + np.repeat([shut, 0, 0, shut], net.width)
    weights = (gates * np.tile(net.kernel, 4), gates * np.tile(loud * net.recurrent, 4), bias, loud * net.readout, net.offset)
    return lstm_of(*weights, forget_bias=-shut)


def latch(gates="hard_sigmoid", scale=20.0, gain=10.0):
    """One cell that holds the parity: a bit opens the input gate and shuts the forget gate, and turns the cell round; a zero holds it."""
    middle = np.tanh(1) / 2
    kernel, recurrent = [[scale, -scale, 0, 0]], [[0, 0, -gain, 0]]
    bias = [-scale / 2, 0, gain * middle, scale / 2]
    return lstm_of(kernel, recurrent, bias, [[0, 8]], [0, -8 * middle], gates=gates, forget_bias=scale / 2, numbers=2)


def shuffled_sum(terms, rng):
    """Sum float32 terms along the last axis in one random order, in float32."""
    total = np.zeros(terms.shape[:-1], np.float32)
    for at in rng.permutation(terms.shape[-1]):
        total = total + terms[..., at]
    return total


def shuffled_step(net, state, symbol, rng):
    """Advance states ``[n, width]`` as some float32 machine may."""
    hidden = state[:, : net.visible]
    lstm = isinstance(net, LSTMNet)
    fed = np.float32(symbol) * net.kernel[0] if lstm and net.numbers else net.kernel[symbol]
    constants = [fed, net.bias, *([net.added.astype(np.float32)] if lstm else [])]
    constants = np.broadcast_to(np.stack(constants), (len(hidden), len(constants), len(net.bias)))
    z = shuffled_sum(np.moveaxis(np.concatenate([constants, hidden[:, :, None] * net.recurrent], axis=1), 1, -1), rng)
    if not lstm:
        return np.tanh(z)
    into, forget, candidate, out = np.split(z, 4, axis=1)
    cell, fused = state[:, net.visible :], rng.random() < 0.5
    taken = gate(net, into) * np.tanh(candidate)
    kept = gate(net, forget)
    cell = np.float32(kept.astype(np.float64) * cell + taken) if fused else kept * cell + taken
    return np.concatenate([gate(net, out) * np.tanh(cell), cell], axis=1)


def gate(net, z):
    if net.gates == "hard_sigmoid":
        return np.clip(np.float32(0.2) * z + np.float32(0.5), np.float32(0), np.float32(1))
    with np.errstate(over="ignore"):
        return np.float32(1) / (np.float32(1) + np.exp(-z))
