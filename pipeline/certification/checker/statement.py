"""In words: what an accepted certificate proves, about which net and machine, and under which assumptions."""

import hashlib
import json
from pathlib import Path
from typing import Any

# Machines of more transitions than this are named by their digest alone.
SHOWN = 24


def statement(proof: dict[str, Any], weights: dict[str, Any], file: Path) -> list[str]:
    """Return the lines that the checker prints about a certificate that it has accepted.

    Args:
        proof: What the certificate holds.
        weights: The net's arrays, as ``files.read`` gives them.
        file: The file that they are from.
    """
    assumed = proof["assumptions"]
    return [
        "proved: this net answers every input of every length as this machine does, if the assumptions hold",
        f"  task         {json.dumps(proof['task'])} (a name that the proof does not rest on)",
        *_machine(proof["transducer"]),
        f"  net          {_net(proof['net'])}, {_units(weights)} units, {weights['readout/bias'].shape[0]} logits",
        f"  weights      file SHA-256 {hashlib.sha256(file.read_bytes()).hexdigest()}",
        f"  assumed      float32 arithmetic as in IEEE 754, rounded to nearest (relative error up to {_power(assumed['float32_unit'])});",
        "               sums in any order, fused or not; subnormal numbers kept or flushed; no fast-math, no matrix product in less;",
        f"               tanh to within {_power(assumed['tanh_error'])};"
        f" logistic function to within {_power(assumed['sigmoid_error'])} and inside [0, 1]",
        f"  margin       the right logit leads every other one by at least {proof['margin']:.6g}",
        f"  proof        {len(proof['nodes'])} sets of states; k = {proof['stride']} symbols per step of the induction",
    ]


def _machine(table: dict[str, Any]) -> list[str]:
    states, symbols, transitions = table["states"], table["symbols"], sorted(table["transitions"])
    canonical = json.dumps([states, symbols, transitions], separators=(",", ":"))
    shown = [f"{json.dumps(state)} reads {symbol}: writes {output}, {json.dumps(after)}" for state, symbol, after, output in transitions]
    return [
        f"  machine      states {json.dumps(states)}, the first one is the start; symbols 0 to {symbols - 1}",
        f"               SHA-256 of [states, symbols, transitions] {hashlib.sha256(canonical.encode()).hexdigest()}",
        *(f"               {line}" for line in (shown if len(shown) <= SHOWN else [])),
    ]


def _net(description: dict[str, Any]) -> str:
    rest = {key: value for key, value in description.items() if key != "kind"}
    return str(description["kind"]) + "".join(f", {key} {json.dumps(value)}" for key, value in sorted(rest.items()))


def _units(weights: dict[str, Any]) -> str:
    """Return the units of each layer, the first one's first."""
    return " and ".join(str(weight.shape[0]) for name, weight in weights.items() if name.endswith("/recurrent_kernel"))


def _power(value: float) -> str:
    """Write an exact power of two as one.

    Example:
        >>> _power(2.0**-24)
        '2^-24'
    """
    mantissa, exponent = float(value).hex().split("p")
    return f"2^{int(exponent)}" if mantissa == "0x1.0000000000000" else repr(value)
