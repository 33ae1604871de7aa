"""What a run prints in the terminal when it begins and ends."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from rnn_sentiment.percentages import percentage
from rnn_sentiment.runs import example
from rnn_sentiment.titles import METRICS
from rnn_sentiment.training.class_table import print_classes, scores_of


def print_fallback(reason: str) -> None:
    """Print a box that says why the reviews are not IMDB's, and how to get those."""
    text = (
        "[b]This is the demo corpus, not IMDB:[/b] generated text, good for a first look only "
        "(with the batches of data=demo).\n"
        "To train on IMDB, give its folder with data.path=FOLDER (make train DATA=FOLDER), or run "
        f"where the Hub can be reached.\n[dim]{reason}[/dim]"
    )
    Console(stderr=True).print(Panel(text, title="not IMDB", border_style="yellow"))


def print_summary(results: dict[str, Any], folder: Path) -> None:
    """Print the scores of the best checkpoint, and the next commands to try."""
    if results["fallback"]:
        print_fallback(results["fallback"])
    table = Table(title=f"{escape(results['data']['title'])}: best checkpoint")
    table.add_column("")
    parts = {
        f"validation, epoch {results['validation']['epoch'] + 1:.0f}": results["validation"],
    }
    if "test" in results:
        parts["test"] = results["test"]
    if "test_deduplicated" in results:
        parts["test without duplicates"] = results["test_deduplicated"]
    for name in parts:
        table.add_column(name, justify="right")
    for metric, title in METRICS.items():
        if metric not in results["validation"]:
            continue
        if metric == "accuracy" and results["data"]["several"]:
            title = "all labels right"
        if metric == "f1" and results["positive"] is not None:
            title = f"F1 of {escape(results['positive'])}"
        table.add_row(title, *(number(scores[metric]) for scores in parts.values()))
    console = Console()
    console.print(table)
    if "classes" in results:
        print_classes(console, results)
    for sentence in results["warnings"]:
        console.print(f"[yellow]warning:[/] {escape(sentence)}", soft_wrap=True)
    print_costs(console, results, folder)
    where = shlex.quote(str(folder))
    text = example(results["data"])
    commands = {"predict": f'python -m rnn_sentiment.predict run={where} "{text}"'}
    if (folder / "tensorboard").exists():
        commands["TensorBoard"] = f"tensorboard --logdir {where}"
    commands["compare"] = f"python -m rnn_sentiment.report {shlex.quote(str(folder.parent))}"
    for name, command in commands.items():
        console.print(f"{name + ':':13}{command}", soft_wrap=True, markup=False)


def number(value: float | None) -> str:
    """Format a score for a table."""
    return "undefined" if value is None else f"{value:.4f}"


def print_costs(console: Console, results: dict[str, Any], folder: Path) -> None:
    """Print the costs of a run, and its folder."""
    console.print(
        f"{results['parameters']:,} parameters, {results['seconds_per_epoch']:.1f} s an epoch, "
        f"{results['tokens_per_second']:,.0f} tokens/s, "
        f"{results['peak_memory_bytes'] / 2**20:,.0f} MiB, {results['precision']}"
    )
    console.print(f"run folder:  {folder}", soft_wrap=True)


def print_calibration(found: dict[str, Any], labels: Sequence[str]) -> None:
    """Print what was fitted on the validation part, and its effect on the test part."""
    console = Console()
    console.print(
        f"temperature {found['temperature']:.3f}, from {found['rows']:,} validation texts"
    )
    threshold = found["threshold"]
    if threshold and isinstance(threshold["probability"], list):
        print_thresholds(console, found, labels)
    elif threshold:
        precision, recall, f1 = scores_of(found["classes"][labels[1]])
        console.print(
            f"{labels[1]} from a probability of {threshold['probability']:.4f}: on the test part "
            f"precision {precision}, recall {recall}, F1 {f1}",
            markup=False,
            soft_wrap=True,
        )
    metrics = ["calibration_error", "loss"]
    if "micro_f1" in found["after"]:
        metrics[:0] = ["accuracy", "micro_f1", "macro_f1"]
    for metric in metrics:
        before, after = found["before"][metric], found["after"][metric]
        console.print(f"test {METRICS[metric]} {number(before)} before, {number(after)} after")
    sets = found["sets"]
    promise = f"; sets promise {percentage(sets['coverage'], 0)}" if sets else ""
    table = Table(title=f"test part{promise}")
    columns = {"rows": "texts", "confidence": "confidence", "right": "right"}
    if sets:
        columns |= {"covered": "covered", "size": "set size", "single": "single"}
    table.add_column("", no_wrap=True)
    for title in columns.values():
        table.add_column(title, justify="right")
    for group in found["groups"]:
        cells = [f"{group[name]:,}" if name == "rows" else f"{group[name]:.4f}" for name in columns]
        table.add_row(escape(group["rows_of"]), *cells)
    console.print(table)


def print_thresholds(console: Console, found: dict[str, Any], labels: Sequence[str]) -> None:
    """Print the threshold of each label, and its scores on the test part."""
    table = Table(title="test part by label, with its threshold")
    table.add_column("", no_wrap=True)
    for title in ("threshold", "texts", "precision", "recall", "F1"):
        table.add_column(title, justify="right")
    for name, threshold in zip(labels, found["threshold"]["probability"], strict=True):
        scores = found["classes"][name]
        cells = [f"{threshold:.4f}", f"{scores['rows']:,}", *scores_of(scores)]
        table.add_row(escape(name), *cells)
    console.print(table)
