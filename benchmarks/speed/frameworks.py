"""How fast this package trains, against Keras and plain PyTorch.

    python -m benchmarks.speed.frameworks KERAS_PYTHON data.path=FOLDER

`KERAS_PYTHON` is a Python that has `keras`, `tensorflow`, `jax` and `torch`. All contestants train
the same network (embedding, one layer, its last state or its maxima, one logit; no dropout) on the
same reviews, cut at 500 words, in batches of 64 with AdamW and all cores, each in the way that its
users would: this package in batches of like length and its default precision, the others in
float32, padded to 500 words, or packed. Each call is a round in which all take turns; it adds a row
for each run to `frameworks.csv`, and draws `frameworks.svg`. Nothing else should be running.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch

from benchmarks.figures import save
from benchmarks.markdown import table
from benchmarks.runs import CORES, only_batches
from benchmarks.runs import train as train_run
from rnn_sentiment.configuration import compose, make
from rnn_sentiment.percentages import percentage

HERE = Path(__file__).parent
DATA = HERE / "frameworks.csv"
SYSTEMS = {  # layer, size of a word's vector, size of a state or filters of each width
    "LSTM(64)": ("lstm", 50, 64),
    "RNN(128)": ("rnn", 128, 128),
    "LSTM(128)": ("lstm", 128, 128),
    "GRU(128)": ("gru", 128, 128),
    "bidirectional LSTM(128)": ("bilstm", 128, 128),
    "Conv1d(128), widths 1, 3, 5": ("conv1d", 128, 128),
}
OURS = "rnn_sentiment"
KERAS = {"Keras": "tensorflow", "Keras, JAX": "jax", "Keras, PyTorch": "torch"}  # and its backend
CONTESTANTS = (OURS, *KERAS, "PyTorch, padded", "PyTorch, packed")
BATCHES, WARM_UP, BATCH_SIZE, LENGTH = 24, 4, 64, 500
PASSES = 3  # of matrix products in a step: forward, and for the gradients of inputs and weights
GATES = {"rnn": 1, "gru": 3, "lstm": 4, "bilstm": 8}


def export(overrides: Sequence[str], file: Path) -> None:
    """Write the reviews that the others train on, as `padded` gives them."""
    data = read_data(overrides)
    rows = np.random.default_rng(0).permutation(len(data.train_set))[: BATCHES * BATCH_SIZE]
    np.savez(file, vocabulary_size=len(data.vocabulary), **padded(data.train_set, rows.tolist()))


def read_data(overrides: Sequence[str]) -> Any:
    """The data module of runs with these overrides."""
    cfg = compose(*overrides, "name=export")
    data = make(cfg, "data", tokenizer=make(cfg, "tokenizer"))
    data.setup()
    return data


def padded(part: Any, rows: list[int]) -> dict[str, np.ndarray]:
    """Rows of a part as tokens [rows, LENGTH], padded behind, lengths and labels [rows]."""
    batch = part[rows]
    tokens = np.zeros((len(rows), LENGTH), np.int32)
    given = batch.tokens[:, :LENGTH]  # batches are padded to a multiple of eight
    tokens[:, : given.shape[1]] = given.numpy()
    return {"tokens": tokens, "lengths": batch.lengths.numpy(), "labels": batch.labels.numpy()}


def overrides_of(system: str) -> list[str]:
    """A network in this package."""
    layer, dim, size = SYSTEMS[system]
    if layer == "conv1d":
        model = ["model=conv1d", f"model.num_filters={size}"]
    else:
        model = [f"model={layer.removeprefix('bi')}", "model.pooling=last"]
        model += [f"model.hidden_size={size}", f"model.bidirectional={layer == 'bilstm'}"]
    nothing_dropped = ["model.dropout=0", "embedding.dropout=0", "embedding.word_dropout=0"]
    return [*model, "ngrams=none", f"embedding.dim={dim}", *nothing_dropped]


def train_ours(system: str, batches: int, overrides: Sequence[str], run: Path) -> dict[str, float]:
    """Train some batches with this package."""
    results = train_run(run, [*overrides_of(system), *only_batches(batches), *overrides])
    return {
        "tokens_per_second": results["tokens_per_second"],
        "peak_mib": results["peak_memory_bytes"] / 2**20,
    }


def train_other(
    python: str, script: str, *arguments: object, backend: str = "tensorflow"
) -> dict[str, Any]:
    """Train with another contestant's script, and read what it prints at its end."""
    call = [python, str(HERE / script), *map(str, arguments)]
    done = subprocess.run(call, check=True, env=environment(backend), stdout=subprocess.PIPE)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def environment(backend: str = "tensorflow") -> dict[str, str]:
    """All cores for each contestant, and a backend for Keras."""
    variables = {"OMP_NUM_THREADS": str(CORES), "TF_CPP_MIN_LOG_LEVEL": "3"}
    return os.environ | variables | {"KERAS_BACKEND": backend}


def train(
    contestant: str,
    system: str,
    data: Path,
    keras_python: str,
    overrides: Sequence[str],
    batches: int,
) -> dict[str, float]:
    """Train some batches with a contestant."""
    if contestant == OURS:
        with tempfile.TemporaryDirectory() as above:
            return train_ours(system, batches, overrides, Path(above) / "run")
    arguments = (data, batches, min(WARM_UP, batches - 1), *SYSTEMS[system])
    if contestant in KERAS:
        backend = KERAS[contestant]
        return train_other(keras_python, "frameworks_keras.py", *arguments, backend=backend)
    way = contestant.rpartition(" ")[2]
    return train_other(sys.executable, "frameworks_torch.py", *arguments, way)


def flops_per_token(system: str) -> float:
    """Arithmetic of a training step in the layer's matrix products."""
    layer, dim, size = SYSTEMS[system]
    if layer == "conv1d":
        return PASSES * 2.0 * (1 + 3 + 5) * dim * size
    return PASSES * 2.0 * GATES[layer] * size * (dim + size)


def matrix_rate(dtype: torch.dtype) -> float:
    """Operations a second that this machine reaches in a large product."""
    a, b = torch.randn(2048, 1024).to(dtype), torch.randn(1024, 1024).to(dtype)
    seconds = []
    for _ in range(30):
        started = time.perf_counter()
        torch.mm(a, b)
        seconds.append(time.perf_counter() - started)
    return 2.0 * 2048 * 1024 * 1024 / float(np.median(seconds))


def ratios() -> pd.DataFrame:
    """For each system, round and contestant, how many times as fast this package is."""
    runs = pd.read_csv(DATA).pivot_table(
        index=["system", "round"], columns="contestant", values="tokens_per_second", sort=False
    )
    return runs.rdiv(runs[OURS], axis=0)


def table_of_ratios() -> str:
    """Medians of all contestants, and how many times as fast this package is."""
    runs = pd.read_csv(DATA)
    middle = runs.pivot_table(
        index="system", columns="contestant", aggfunc="median", sort=False,
        values=["tokens_per_second", "peak_mib", "one_step_seconds"],
    )  # fmt: skip
    rate = runs.loc[runs["contestant"] == OURS, "matrix_gflops"].median() * 1e9
    faster = ratios()
    rows = []
    for system in SYSTEMS:
        for contestant in CONTESTANTS:
            own = middle.loc[system].unstack()[contestant]
            if np.isnan(own["tokens_per_second"]):
                continue
            ratio = faster.loc[system, contestant].dropna()
            spread = f" ({ratio.min():.1f} – {ratio.max():.1f})" if ratio.nunique() > 1 else ""
            share = own["tokens_per_second"] * flops_per_token(system) / rate
            rows.append(
                {
                    "": system,
                    "with": contestant,
                    "tokens / s": f"{own['tokens_per_second']:,.0f}",
                    "rnn_sentiment is faster by": f"{ratio.median():.1f}{spread}",
                    "peak MiB": f"{own['peak_mib']:,.0f}",
                    "process with one step, s": f"{own['one_step_seconds']:.1f}",
                    "share of the limit": percentage(share, 0) if contestant == OURS else "",
                }
            )
    return table(rows)


def draw() -> None:
    """Tokens a second of all contestants, side by side."""
    middle = pd.read_csv(DATA).pivot_table(
        index="system", columns="contestant", values="tokens_per_second", aggfunc="median"
    )
    figure, axis = plt.subplots(figsize=(8, 4), layout="constrained")
    middle.loc[[*SYSTEMS][::-1], [*CONTESTANTS][::-1]].plot.barh(ax=axis, width=0.8)
    axis.set(xlabel="words trained a second (padding not counted)", ylabel="")
    handles, names = axis.get_legend_handles_labels()
    axis.legend(handles[::-1], names[::-1], frameon=False)
    axis.spines[["top", "right"]].set_visible(False)
    save(figure, DATA.with_suffix(".svg"))


def main() -> None:
    """Let all contestants take turns once, and add to the data and the figure."""
    keras_python, *overrides = sys.argv[1:]
    before = pd.read_csv(DATA) if DATA.exists() else pd.DataFrame({"round": []})
    number = len(before["round"].unique()) + 1
    rows = []
    with tempfile.TemporaryDirectory() as work:
        data = Path(work) / "reviews.npz"
        export(overrides, data)
        rate = matrix_rate(torch.bfloat16)
        for system, contestant in product(SYSTEMS, CONTESTANTS):
            if contestant.endswith("packed") and SYSTEMS[system][0] == "conv1d":
                continue
            measure = partial(train, contestant, system, data, keras_python, overrides)
            started = time.perf_counter()
            measure(1)
            one_step = time.perf_counter() - started
            found = measure(BATCHES)
            rows.append(
                {
                    "round": number,
                    "system": system,
                    "contestant": contestant,
                    "tokens_per_second": round(found["tokens_per_second"]),
                    "peak_mib": round(found["peak_mib"]),
                    "one_step_seconds": round(one_step, 2),
                    "matrix_gflops": round(rate / 1e9),
                }
            )
    pd.concat([before, pd.DataFrame(rows)]).to_csv(DATA, index=False)
    draw()
    print(table_of_ratios())


if __name__ == "__main__":
    main()
