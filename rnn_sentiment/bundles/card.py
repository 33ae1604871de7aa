"""The model card of a bundle, written from the results of its run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from rnn_sentiment import runs
from rnn_sentiment.errors import UserError
from rnn_sentiment.inference.trained import Trained
from rnn_sentiment.outcome import AnyOf
from rnn_sentiment.report.calibration import by_group
from rnn_sentiment.report.grouping import group
from rnn_sentiment.report.loading import Run, load, read_run
from rnn_sentiment.report.measures import NUM_FIFTHS, length_fifths
from rnn_sentiment.report.naming import architecture
from rnn_sentiment.report.schema import Group
from rnn_sentiment.report.statistics import Estimate, mean_interval
from rnn_sentiment.report.templating import render
from rnn_sentiment.titles import METRICS

if TYPE_CHECKING:
    from huggingface_hub import ModelCardData

TITLES = METRICS | {"loss": "loss (nats)"}
OVER_SEEDS = ("accuracy", "f1", "auroc", "calibration_error")


def write_card(
    folder: Path, trained: Trained, format: str, license: str | None, seeds: Path | None
) -> str:
    """Write the model card of a run.

    Args:
        folder: the folder of a completed run.
        trained: the model of that run.
        format: format of the bundle: `safetensors` or `onnx`.
        license: license of the weights, by its name on the Hub; None if it is not stated.
        seeds: a folder with runs of the same model with other seeds, for intervals.

    Raises:
        UserError: the run is not completed, or its results are damaged.
    """
    try:
        run = read_run(folder)
    except UserError as error:
        raise UserError(f"{folder}: {error}; a bundle is made from a completed run") from None
    results = runs.load_results(folder)
    data, validation = results.get("data", {}), results.get("validation", {})
    parts = {
        "validation": validation,
        "test": results.get("test"),
        "test without duplicates": results.get("test_deduplicated"),
    }
    parts = {title: scores for title, scores in parts.items() if scores}
    several = isinstance(trained.network.outcome, AnyOf)
    name = f"{run.results.name}-seed{run.seed}"
    return render(
        "rnn_sentiment.bundles",
        "card.md.jinja",
        metadata=metadata(name, run, data, license).to_yaml(),
        name=name,
        format=format,
        license=license,
        architecture=architecture(run.config),
        labels=trained.labels,
        example=runs.example(data),
        reading=trained.reading,
        calibration=trained.calibration,
        checks=results.get("calibrated"),
        groups=groups(run),
        data=data,
        fallback=results.get("fallback"),
        validated_on=run.results.data.validated_on,
        vocabulary_size=trained.tokenizer.get_vocab_size(),
        several=several,
        metrics=titles(parts.values(), several),
        positive=results.get("positive") or trained.labels[1],
        parts=parts,
        classes=run.results.classes,
        lengths=by_length(run.predictions),
        intervals=intervals(run, seeds),
        seed=run.seed,
        num_epochs=len(run.results.history),
        best_epoch=int(validation["epoch"]) + 1 if "epoch" in validation else None,
        parameters=run.results.parameters,
        precision=run.results.precision,
        versions=results.get("versions", {}),
        most_common=results.get("most_common"),
    )


def titles(parts: Iterable[Mapping[str, Any]], several: bool) -> dict[str, str]:
    """Titles of the scores that the parts have; macro F1 only if there is no other F1."""
    stated = {name for scores in parts for name in scores}
    found = {name: title for name, title in TITLES.items() if name in stated}
    if several:
        return found | {"accuracy": "all labels of a text right"}
    found.pop("macro_f1", None)
    return found


def metadata(name: str, run: Run, data: Mapping[str, Any], license: str | None) -> ModelCardData:
    """The metadata that the Hub reads from the head of a card."""
    from huggingface_hub import EvalResult, ModelCardData

    title = str(data.get("title", data.get("source", "unknown")))
    scores = [
        EvalResult(
            task_type="text-classification", dataset_type=title,
            dataset_name=title, dataset_split="test", metric_type=metric, metric_value=value,
        )
        for metric in ("accuracy", "f1")
        if run.results.test and (value := getattr(run.results.test, metric)) is not None
    ]  # fmt: skip
    return ModelCardData(
        license=license,
        library_name="rnn_sentiment",
        pipeline_tag="text-classification",
        tags=["rnn_sentiment", run.results.name],
        model_name=name if scores else None,
        eval_results=scores or None,
    )


def groups(run: Run) -> list[Group]:
    """Confidence and accuracy of the answers by class and length, calibrated if possible."""
    if run.results.calibrated is not None:
        return run.results.calibrated.groups
    return [] if run.predictions is None else by_group(run.predictions, [*run.results.classes])


def by_length(predictions: pd.DataFrame | None) -> list[dict[str, float]]:
    """Accuracy in each fifth of the test texts by length, shortest first."""
    if predictions is None or len(predictions) < NUM_FIFTHS:
        return []
    fifths = length_fifths(predictions)
    found = []
    for fifth in range(NUM_FIFTHS):
        rows = predictions[fifths == fifth]
        lengths = rows["length"].to_numpy()
        found.append(
            {
                "shortest": int(lengths.min()),
                "longest": int(lengths.max()),
                "rows": len(rows),
                "accuracy": float(np.mean(rows["correct"])),
            }
        )
    return found


def intervals(run: Run, seeds: Path | None) -> dict[str, Estimate]:
    """Mean and 95 % interval over seeds of each score on the test part, by name.

    Empty without other seeds.

    Raises:
        UserError: the folder holds no other seed of the model.
    """
    if seeds is None:
        return {}
    others, _ = load([seeds])
    rows, _ = group([run, *(o for o in others if o.folder.resolve() != run.folder.resolve())])
    (row,) = [row for row in rows if run in row.runs]
    if len(row.runs) < 2:
        raise UserError(
            f"seeds={seeds} holds no other seed of {run.folder}: the configurations must agree "
            "except for their seeds"
        )
    stated = {name: [getattr(each.test[0], name) for each in row.runs] for name in OVER_SEEDS}
    return {name: mean_interval(known(values)) for name, values in stated.items() if known(values)}


def known(values: Sequence[float | None]) -> list[float]:
    """The values if all of them are known; otherwise an empty list."""
    return [value for value in values if value is not None] if None not in values else []
