"""Runs in two small files, and back: all that a report reads, no checkpoints and no texts.

    python benchmarks/archive.py FOLDER

unpacks `benchmarks/shootout/` to run folders below FOLDER, on which `rnn_sentiment.report` and
`sweep.resume=true` work as on the originals. `runs.jsonl.gz` holds a line for each run: its results
and configuration. `predictions.parquet` holds a row for each test review, by a hash of its text,
and a column for each run: the probability of the positive label in 65,536 steps.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from rnn_sentiment.report.loading import Run, load

HERE = Path(__file__).parent / "shootout"
STEPS = 2**16
NAMES = ("runs.jsonl.gz", "predictions.parquet")


def pack(folders: Iterable[Path], out: Path) -> None:
    """Write the runs at or under `folders` to two files in `out`."""
    folders = [folder.resolve() for folder in folders]
    top = Path(os.path.commonpath([folder.parent for folder in folders]))
    columns: dict[str, np.ndarray] = {}
    lines: list[dict[str, Any]] = [
        {"folder": str(file.parent.relative_to(top)), "evidence": json.loads(file.read_text())}
        for folder in folders
        for file in sorted(folder.rglob("evidence.json"))
    ]
    for run in load(folders)[0]:
        line = describe(run) | {"folder": str(run.folder.relative_to(top))}
        if (frame := run.predictions) is not None:
            columns.setdefault("row_id", frame["row_id"].to_numpy())
            if not np.array_equal(columns["row_id"], frame["row_id"]):
                raise SystemExit(f"{run.folder}: tested on other reviews than the first run")
            line["columns"] = {
                "label": share(columns, "label", frame["label"].astype(np.int8)),
                "length": share(columns, "length", frame["length"].astype(np.int16)),
                "duplicate": share(columns, "duplicate", frame["duplicate"]),
                "probability": line["folder"],
            }
            steps = np.minimum(frame["probability"].to_numpy(float) * STEPS, STEPS - 1)
            columns[line["folder"]] = steps.astype(np.uint16)
        lines.append(line)
    out.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{json.dumps(line)}\n" for line in lines)
    (out / NAMES[0]).write_bytes(gzip.compress(text.encode(), mtime=0))
    pd.DataFrame(columns).to_parquet(out / NAMES[1], compression="zstd", index=False)


def describe(run: Run) -> dict[str, Any]:
    """Results, configuration and gradient flow of a run, without the paths of a machine."""
    results = json.loads((run.folder / "results.json").read_text())
    results.pop("command", None)  # which has the paths of a machine; unpacked runs have none
    found = {
        "results": results,
        "config": yaml.safe_load((run.folder / ".hydra" / "config.yaml").read_text()),
        "overrides": [f"{key}={value}" for key, value in run.overrides.items()],
    }
    if (flow := run.gradient_flow) is not None:
        norms = [[float(f"{value:.5g}") for value in row] for row in flow.norm]
        found["gradient_flow"] = flow.model_dump() | {"norm": norms}
    relative: dict[str, Any] = json.loads(
        re.sub(r'(["=])/[^"]*/([^"/]+)', r"\1\2", json.dumps(found))
    )
    return relative


def share(columns: dict[str, np.ndarray], name: str, values: pd.Series[Any]) -> str:
    """Name of the column with these values, which most runs share; add it where there is none."""
    for number in range(len(columns) + 1):
        key = f"{name} {number}"
        if key not in columns:
            columns[key] = values.to_numpy()
        if np.array_equal(columns[key], values):
            return key
    raise AssertionError


def unpack(out: Path) -> None:
    """Write all runs as folders below `out`."""
    table = pd.read_parquet(HERE / NAMES[1])
    for text in gzip.decompress((HERE / NAMES[0]).read_bytes()).decode().splitlines():
        line = json.loads(text)
        folder = out / line["folder"]
        (folder / ".hydra").mkdir(parents=True, exist_ok=True)
        for name in ("evidence", "results", "gradient_flow"):
            if name in line:
                (folder / f"{name}.json").write_text(json.dumps(line[name]))
        for name in ("config", "overrides"):
            if name in line:
                (folder / ".hydra" / f"{name}.yaml").write_text(yaml.safe_dump(line[name]))
        if "columns" in line:
            frame = table[[*line["columns"].values()]].set_axis([*line["columns"]], axis=1)
            frame["probability"] = (frame["probability"] + 0.5) / STEPS
            frame.assign(row_id=table["row_id"]).to_parquet(folder / "predictions.parquet")


if __name__ == "__main__":
    unpack(Path(sys.argv[1]))
