"""Pictures for TensorBoard after every epoch: gradients, gates, curves, mistakes and vectors."""

from __future__ import annotations

import heapq
import json
from pathlib import Path
from typing import Any, NamedTuple

import torch
from lightning import Callback, LightningModule, Trainer
from torch import Tensor

from rnn_sentiment.classifier import Classifier
from rnn_sentiment.data.tokenizer import WORD_START
from rnn_sentiment.outcome import Outcome
from rnn_sentiment.storage import write_file
from rnn_sentiment.training.probes import activations, gradient_flow
from rnn_sentiment.training.tensorboard import loggers
from rnn_sentiment.types import Batch

NUM_ROWS = 16  # validation reviews whose gradients and gates are recorded
MOST_NAMED = 6  # entries of a legend
NUM_WRONG = 10  # misclassified reviews to show
NUM_WORDS = 2_000  # most frequent words whose vectors to show
LAYOUT = {
    "learning": {
        "loss": ["Multiline", [r"^train/loss$", r"^val/loss$"]],
        "accuracy": ["Multiline", [r"^train/accuracy$", r"^val/accuracy$"]],
    },
    "training": {
        "gradient norm": ["Multiline", [r"^train/gradient_norm$"]],
        "tokens per second": ["Multiline", [r"^train/tokens_per_second$"]],
    },
}


class Mistake(NamedTuple):
    """A misclassified review."""

    sure: float
    predicted: int
    label: int
    tokens: Tensor


class Pictures(Callback):
    """Show gradient flow, gates, precision-recall curves, worst mistakes and word vectors.

    All of them are for the validation part. `gradient_flow.json` in the run folder holds the
    gradient norms by distance from the end, before training and after every epoch.
    """

    def __init__(self) -> None:
        self.norms: list[list[float]] = []

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Choose the reviews to record, and record them before the first step."""
        if not trainer.is_global_zero:
            return
        data: Any = trainer.datamodule  # type: ignore[attr-defined]
        batch = next(iter(data.val_dataloader()))
        lengths = batch.lengths[:NUM_ROWS]
        self.watched = Batch(
            batch.tokens[:NUM_ROWS, : int(lengths.max())], lengths, batch.labels[:NUM_ROWS]
        )
        self.vocabulary: list[str] = data.vocabulary
        self.outcome: Outcome = data.outcome
        if not self.norms:
            self.look_inside(trainer, pl_module)
            for logger in loggers(trainer):
                logger.experiment.add_custom_scalars(LAYOUT)

    def on_validation_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Discard the predictions of the last epoch."""
        self.scores: list[Tensor] = []
        self.labels: list[Tensor] = []
        self.wrong: list[Mistake] = []

    def on_validation_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Batch,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Collect the probabilities of a batch, and its worst mistakes as text."""
        if not trainer.is_global_zero:
            return
        outcome = self.outcome
        scores, labels = outcome.probabilities(outputs).float().cpu(), batch.labels.cpu()
        self.scores.append(scores)
        self.labels.append(labels)
        answers = outcome.predicted(scores)
        sure = outcome.confidence(outcome.class_probabilities(outputs)).float().cpu()
        self.wrong += [
            Mistake(
                float(sure[row]), int(answers[row]), int(labels[row]),
                batch.tokens[row, : batch.lengths[row]].cpu(),
            )
            for row in (answers != labels).nonzero()[:, 0].tolist()
        ]  # fmt: skip
        self.wrong = heapq.nlargest(NUM_WRONG, self.wrong, key=lambda mistake: mistake.sure)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Log the pictures of the epoch."""
        if not trainer.is_global_zero:
            return
        self.look_inside(trainer, pl_module)
        scores, labels = torch.cat(self.scores), torch.cat(self.labels)
        members = self.outcome.members(labels)  # (N, C)
        curves: dict[str, tuple[Tensor, Tensor]] = {"": (labels, scores)}
        if scores.ndim == 2:
            curves = {f"/{i}": (members[:, i], curve) for i, curve in enumerate(scores.T)}
        lines = ["| sure | predicted | label | text |", "|---|---|---|---|"]
        lines += [
            f"| {m.sure:.3f} | {self.named(m.predicted)} | {self.named(m.label)} "
            f"| {self.text(m.tokens)} |"
            for m in self.wrong
        ]
        for logger in loggers(trainer):
            for name, (positive, curve) in curves.items():
                tag = f"precision_recall{name}"
                logger.experiment.add_pr_curve(tag, positive, curve, trainer.global_step)
            logger.experiment.add_text("misclassified", "\n".join(lines), trainer.global_step)
            flow = draw_flow(self.norms)  # not before training: importing matplotlib takes a second
            logger.experiment.add_figure("gradient_flow", flow, trainer.global_step)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Show the vectors of the most frequent words in the projector, if there are any."""
        embedding: Any = pl_module.embedding
        if embedding.table is None:
            return
        for logger in loggers(trainer):
            words = self.vocabulary[2 : 2 + NUM_WORDS]
            vectors = embedding.table.weight.detach()[2 : 2 + len(words)].float().cpu()
            logger.experiment.add_embedding(vectors, words, tag="words")

    def look_inside(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Record gradients and gates on the chosen reviews."""
        assert isinstance(pl_module, Classifier)
        batch = pl_module.transfer_batch_to_device(self.watched, pl_module.device, 0)
        self.norms.append(gradient_flow(pl_module, batch).tolist())
        write_file(
            Path(trainer.default_root_dir, "gradient_flow.json"),
            json.dumps(
                {
                    "epochs": list(range(len(self.norms))),
                    "distance": list(range(len(self.norms[0]))),
                    "norm": self.norms,
                }
            ),
        )
        found = activations(pl_module, batch)
        for logger in loggers(trainer):
            for name, values in found.items():
                logger.experiment.add_histogram(name, values, trainer.global_step)

    def named(self, label: int) -> str:
        """Format a class or the labels of a text as numbers."""
        return ", ".join(map(str, self.outcome.numbers(label)))

    def text(self, tokens: Tensor) -> str:
        """Turn tokens into text for a Markdown table, as far as the vocabulary knows the words."""
        text = " ".join(self.vocabulary[i] for i in tokens.tolist())
        if WORD_START in text:
            text = text.replace(" ", "").replace(WORD_START, " ")
        return text.replace("|", "/").replace("<", "&lt;")

    def state_dict(self) -> dict[str, Any]:
        """The gradient norms so far."""
        return {"norms": self.norms}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the norms from a checkpoint."""
        self.norms = state_dict["norms"]


def draw_flow(norms: list[list[float]]) -> Any:
    """Plot the gradient norm against the distance from the end, one line per epoch.

    With many epochs, the legend names only some of them.
    """
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), layout="constrained")
    axis = figure.subplots()
    last = len(norms) - 1
    named = {round(last * step / (MOST_NAMED - 1)) for step in range(MOST_NAMED)}
    for epoch, line in enumerate(norms):
        name = f"after epoch {epoch}" if epoch else "before training"
        colour = colormaps["viridis"](epoch / max(last, 1))
        axis.plot(line, color=colour, label=name if epoch in named else "_")
    axis.set(yscale="log", xlabel="Tokens from the end", ylabel="Norm of the loss's gradient there")
    axis.legend(frameon=False)
    return figure
