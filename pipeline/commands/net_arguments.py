"""The arguments of the commands for nets that were made elsewhere."""

from pathlib import Path
from typing import Annotated

import typer

NetFile = Annotated[Path, typer.Argument(metavar="NET", help="A net: .keras, .safetensors (a PyTorch state dict) or .onnx.")]
MachineTask = Annotated[str | None, typer.Option("--task", help="What it should compute: a task of this project, such as parity.")]
MachineFile = Annotated[Path | None, typer.Option("--machine", help="What it should compute: a machine as .yaml or .dot.")]
ProofFile = Annotated[Path | None, typer.Option("--out", help="Write the proof here, and the weights beside it as .npz.")]
OneJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Alphabet = Annotated[str | None, typer.Option(help="The symbols in the order of the net's inputs, with commas; for DOT files.")]
Outputs = Annotated[str | None, typer.Option(help="The outputs in the order of the net's scores, with commas; for DOT files.")]
Values = Annotated[str | None, typer.Option(help="Numbers that are fed for the symbols, such as -1,1, where a net has one input.")]
Threshold = Annotated[float, typer.Option(help="Of a net of one score without a sigmoid: above it the answer is 1.")]
ReadoutName = Annotated[str | None, typer.Option("--readout", help="The linear layer of a state dict that has several.")]
Nonlinearity = Annotated[str, typer.Option(help="Of nn.RNN in a state dict: tanh or relu.")]
EffortShare = Annotated[float, typer.Option("--effort", help="How much longer to try than usual, such as 4.")]
Finetuned = Annotated[
    Path | None,
    typer.Option("--finetune", help="Where there is no proof, train copies on until one is proved, and write it to this file."),
]
MachineFolder = Annotated[Path | None, typer.Option("--out", help="Write the machine to this folder: .yaml, .dot, .png, and the proof.")]
SymbolCount = Annotated[int | None, typer.Option(min=1, help="How many symbols there are, where the net has one input.")]
MostStates = Annotated[int, typer.Option(min=1, help="Give up a machine of more states.")]
