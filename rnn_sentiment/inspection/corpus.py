"""Inspect a corpus and its problems before training."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import torch
from omegaconf import DictConfig, OmegaConf
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rnn_sentiment import configuration
from rnn_sentiment.data import ReviewDataModule
from rnn_sentiment.data.batches import TokenDataset
from rnn_sentiment.data.tokenizer import UNKNOWN_ID
from rnn_sentiment.errors import UserError
from rnn_sentiment.inspection.dropped import print_dropped
from rnn_sentiment.inspection.overlap import print_overlap
from rnn_sentiment.percentages import percentage
from rnn_sentiment.training.build import build_classifier, build_data, build_trainer
from rnn_sentiment.training.callbacks import Throughput
from rnn_sentiment.training.pace import set_pace

QUANTILES = (0, 0.25, 0.5, 0.75, 0.9, 0.99, 1)
TIMED_BATCHES = 16
EXAMPLE_TOKENS = 24


def print_check(cfg: DictConfig) -> None:
    """Print everything worth knowing about the data of a configuration.

    Raises:
        UserError: the configuration or the data cannot be used.
    """
    configuration.validate(cfg)
    if "tokenizer" not in cfg:
        raise UserError(f"experiment={cfg.name} reads numbers, and this command inspects texts")
    cfg.data.streaming = False  # this command looks at the tokens
    data = build_data(cfg)
    build_classifier(cfg, vocabulary_size=2)
    data.setup()
    pace = set_pace(cfg, data)
    console = Console()
    if data.source.fallback:
        console.print(f"[yellow]not IMDB but the demo corpus:[/] {escape(data.source.fallback)}")
    chosen = {"train": data.train_set, "validation": data.validation_set, "test": data.test_set}
    sets = {name: rows for name, rows in chosen.items() if isinstance(rows, TokenDataset)}
    console.print(rows_table(data, sets))
    if data.vocabulary_source:
        console.print(data.vocabulary_source)
    if pace:
        console.print(pace)
    print_dropped(console, data)
    console.print(lengths_table(sets))
    print_overlap(console, sets)
    print_examples(console, sets["train"], data)
    speed, epoch_tokens = measure_speed(cfg, data), int(sets["train"].lengths.sum())
    console.print(
        f"one epoch: {epoch_tokens:,} tokens, about {epoch_tokens / speed:,.0f} s "
        f"({speed:,.0f} tokens/s over {TIMED_BATCHES} batches with model={cfg.name})"
    )


def rows_table(data: ReviewDataModule, sets: dict[str, TokenDataset]) -> Table:
    """Make a table of the rows and classes of every set."""
    assert data.store is not None
    table = Table(title=f"{escape(data.title)}, fingerprint {data.store.fingerprint}")
    table.add_column("")
    for name in sets:
        table.add_column(name, justify="right")
    table.add_row("rows", *(f"{len(rows):,}" for rows in sets.values()))
    members = [data.outcome.members(torch.tensor(rows.labels)) for rows in sets.values()]
    counts = [each.sum(0).tolist() for each in members]
    sizes = list(map(len, sets.values()))
    for label, name in enumerate(data.labels):
        shares = zip((c[label] for c in counts), sizes, strict=True)
        cells = (f"{count:,} ({percentage(count / size)})" for count, size in shares)
        table.add_row(escape(name), *cells)
    if data.several:
        table.add_row("without a label", *(f"{int((~m.any(1)).sum()):,}" for m in members))
        table.add_row("labels a text", *(f"{int(m.sum()) / len(m):.2f}" for m in members))
    table.add_row(
        f"longer than {data.reading.max_length} tokens",
        *(percentage(rows.truncated_share(data.reading.max_length)) for rows in sets.values()),
    )
    table.add_row(
        f"unknown tokens (vocabulary {len(data.store.vocabulary):,})",
        *(percentage(rows.unknown_share(), 2) for rows in sets.values()),
    )
    unseen = [unseen_share(sets["train"], rows) for rows in sets.values()]
    table.add_row("tokens of no training text", *(percentage(share, 2) for share in unseen))
    empty = [(r.split.unknown[r.rows] == r.full_lengths).sum() for r in sets.values()]
    table.add_row("without a known word", *(f"{count:,}" for count in empty))
    return table


def unseen_share(train: TokenDataset, rows: TokenDataset) -> float:
    """Share of the tokens of some rows that are unknown or in no training review.

    The vocabulary is learned on the whole train part, including rows that are held out later: words
    that occur only there are known, but their vectors are never trained.
    """
    seen = np.unique(np.concatenate(list(train.tokens())))
    tokens = np.concatenate(list(rows.tokens()))
    return float(np.mean(~np.isin(tokens, seen[seen != UNKNOWN_ID])))


def lengths_table(sets: dict[str, TokenDataset]) -> Table:
    """Make a table of length quantiles in tokens, before truncation."""
    table = Table(title="tokens of a text")
    table.add_column("")
    for quantile in QUANTILES:
        table.add_column(percentage(quantile, 0), justify="right")
    for name, rows in sets.items():
        table.add_row(name, *(f"{q:,.0f}" for q in np.quantile(rows.full_lengths, QUANTILES)))
    return table


def print_examples(console: Console, rows: TokenDataset, data: ReviewDataModule) -> None:
    """Print how the shortest, a medium and the longest training review are encoded."""
    assert data.store is not None
    vocabulary = data.store.vocabulary
    order = np.argsort(rows.full_lengths, kind="stable")
    for place in (order[0], order[len(order) // 2], order[-1]):
        batch = rows[[int(place)]]
        tokens = batch.tokens[0, : batch.lengths[0]].tolist()
        words = " ".join(vocabulary[token] for token in tokens[:EXAMPLE_TOKENS])
        own = [data.labels[number] for number in data.outcome.numbers(int(batch.labels[0]))]
        more = " ..." if len(tokens) > EXAMPLE_TOKENS else ""
        console.print(
            f"[b]{escape(' | '.join(own) or 'no label')}[/], {rows.full_lengths[place]:,} "
            f"tokens, {tokens.count(UNKNOWN_ID)} unknown: {escape(words)}{more}"
        )


def measure_speed(cfg: DictConfig, data: ReviewDataModule) -> float:
    """Measure training speed in tokens per second on a few typical batches."""
    cfg = cfg.copy()
    cfg.logger, cfg.trainer.max_epochs = {}, 1
    cfg.callbacks = {"throughput": cfg.callbacks.throughput}
    for key, value in (
        ("limit_train_batches", TIMED_BATCHES),
        ("limit_val_batches", 0),
        ("enable_checkpointing", False),
    ):
        OmegaConf.update(cfg, f"trainer.{key}", value, force_add=True)
    assert data.store is not None
    torch.manual_seed(cfg.seed)
    classifier = build_classifier(cfg, len(data.store.vocabulary), data.outcome)
    with tempfile.TemporaryDirectory() as folder:
        trainer = build_trainer(cfg, Path(folder))
        trainer.fit(classifier, datamodule=data)
    (speed,) = (callback for callback in trainer.callbacks if isinstance(callback, Throughput))  # type: ignore[attr-defined]
    return speed.num_tokens / speed.seconds
