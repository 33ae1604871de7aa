"""A bundle for onnxruntime: the network as an ONNX graph with dynamic batch size and length."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rnn_sentiment.bundles import operators
from rnn_sentiment.bundles.write import describe, write_description
from rnn_sentiment.data.reading import Reading
from rnn_sentiment.data.tokenizer import PADDING_ID
from rnn_sentiment.encoders.recurrent import PARALLEL
from rnn_sentiment.errors import UserError
from rnn_sentiment.extras import need
from rnn_sentiment.inference.bundle import ONNX
from rnn_sentiment.inference.trained import Trained
from rnn_sentiment.storage import replacing
from rnn_sentiment.types import Batch

CLOSE = 1e-5  # largest difference from torch's probabilities
SIZES, STEPS = (1, 2, 5), (1, 7, 64, 333)  # of the batches to compare


class Probabilities(nn.Module):
    """Maps `tokens (B, T)` and `lengths (B,)` to the probability of every class, `(B, C)`."""

    def __init__(self, trained: Trained) -> None:
        super().__init__()
        self.network = trained.network
        self.temperature = trained.calibration.temperature if trained.calibration else 1.0
        self.eval()

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """Compute the probabilities of a batch."""
        logits = self.network(Batch(tokens, lengths, lengths))
        return self.network.outcome.class_probabilities(logits / self.temperature)


def write_onnx(folder: Path, run: Path, trained: Trained, card: str) -> None:
    """Write a bundle with `model.onnx`; see `write_bundle`.

    Raises:
        UserError: the extra `export` is not installed, the model cannot be written as ONNX, or its
            graph gives other answers than torch.
        MachineError: a file cannot be written.
    """
    for layer in trained.network.modules():
        if isinstance(layer, tuple(PARALLEL.values())):
            raise UserError(
                f"format=onnx: {type(layer).__name__} loops over the tokens of a text, so its "
                "graph would be for one length only; use format=safetensors"
            )
    model = Probabilities(trained)
    graph = to_onnx(model, trained.reading)
    check(graph, model, trained)
    with replacing(folder / ONNX, lambda: len(graph)) as file:
        file.write(graph)
    write_description(folder, describe(run, trained), run, card)


def to_onnx(model: Probabilities, reading: Reading) -> bytes:
    """Export a model as an ONNX graph.

    Raises:
        UserError: the extra `export` is not installed.
    """
    need("format=onnx", "export", "onnx", "onnxruntime")
    graph = io.BytesIO()
    tokens, lengths = next(examples(2, reading, (2,), STEPS[2:3]))
    with warnings.catch_warnings(), operators.registered():
        # torch's newer exporter unrolls recurrent layers for one fixed length.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model,
            (tokens, lengths),
            graph,  # type: ignore[arg-type]
            input_names=["tokens", "lengths"],
            output_names=["probabilities"],
            dynamic_axes={"tokens": {0: "batch", 1: "steps"}, "lengths": {0: "batch"}},
            opset_version=operators.OPSET,
            dynamo=False,
        )
    return graph.getvalue()


def check(graph: bytes, model: Probabilities, trained: Trained) -> None:
    """Compare a graph with torch on batches of several sizes and lengths.

    Raises:
        UserError: they differ.
    """
    import onnxruntime

    session = onnxruntime.InferenceSession(graph)
    vocabulary_size = trained.tokenizer.get_vocab_size()
    for tokens, lengths in examples(vocabulary_size, trained.reading, SIZES, STEPS):
        given = {"tokens": tokens.numpy(), "lengths": lengths.numpy()}
        try:
            found = session.run(None, given)[0]
        except Exception as error:  # onnxruntime has many exception types
            raise UserError(f"format=onnx: the graph fails: {str(error)[:200]}") from error
        with torch.inference_mode():
            furthest = np.abs(found - model(tokens, lengths).numpy()).max()
        if not furthest <= CLOSE:
            raise UserError(
                f"format=onnx: for {tuple(tokens.shape)} tokens the graph's probabilities differ "
                f"from torch's by {furthest:.1e}; use format=safetensors"
            )


def examples(
    vocabulary_size: int, reading: Reading, sizes: tuple[int, ...], steps: tuple[int, ...]
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield random batches `tokens (B, T)`, `lengths (B,)` of each size and number of steps."""
    random: Any = np.random.default_rng(0)
    widths = {min(width, reading.max_length) for width in steps}
    for width in sorted(widths) if reading.masked else [reading.max_length]:
        for size in sizes:
            lengths = random.integers(1, width, size, endpoint=True)
            lengths[0] = width
            tokens = random.integers(1, vocabulary_size, (size, width))
            tokens[np.arange(width) >= lengths[:, None]] = PADDING_ID
            yield torch.from_numpy(tokens), torch.from_numpy(lengths)
