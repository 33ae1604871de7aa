"""Runs as two small files, and back: what the report and the claims read, no weights and no texts.

    python -m benchmarks.lectures.archive unpack FOLDER
    python -m benchmarks.lectures.archive pack FOLDER FOLDER ...

`unpack` writes run folders below FOLDER, which `python -m rnn_sentiment.report` and
`sweep.resume=true` take like the originals. `pack` replaces the committed archive; its first folder
holds the runs that the report compares, the others those that only claims read. An archive is
written once, when the last run is there: Git keeps every version for ever.

- `runs.jsonl.xz` has a line for each run: results, configuration, and the gradient flow before and
  after training: at all distances of a run that is compared, as its figure shows them, and of the
  others at the first 50, which the measures read.
- `predictions.parquet` has a row for each test review, by a hash of its text. A run that is
  compared, or of which a claim asks for the same probabilities, has a column: the probability of
  the positive label in 65,536 steps. Of the other runs only right or wrong is kept, a bit of the
  column `wrong` each.
"""

from __future__ import annotations

import argparse
import json
import lzma
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from rnn_sentiment.lectures.claims import load_claims
from rnn_sentiment.report.loading import Run, load

HERE = Path(__file__).parent
RUNS, PREDICTIONS = "runs.jsonl.xz", "predictions.parquet"
STEPS = 2**16
NUM_DISTANCES = 50  # that the decay of the gradient is measured over

Line = dict[str, Any]
Columns = dict[str, np.ndarray]


def pack(folders: Sequence[Path], out: Path) -> None:
    """Write the runs at or under `folders` to two files in `out`."""
    folders = [folder.resolve() for folder in folders]
    top = Path(os.path.commonpath([folder.parent for folder in folders]))
    tests = [test for claim in load_claims() for test in claim.tests]
    exact = {name for test in tests if test.kind == "identical" for name in test.needs}
    lines: list[Line] = [
        {"folder": str(file.parent.relative_to(top)), "evidence": json.loads(file.read_text())}
        for folder in folders
        for file in sorted(folder.rglob("evidence.json"))
    ]
    columns: Columns = {}
    wrong: list[np.ndarray] = []
    for run in load(folders)[0]:
        compared = run.folder.is_relative_to(folders[0])
        line: Line = {"folder": str(run.folder.relative_to(top))} | describe(run, compared)
        if (frame := run.predictions) is not None:
            line["columns"] = keep_reviews(columns, frame, run)
            if compared or run.results.name in exact:
                steps = np.minimum(frame["probability"].to_numpy(float) * STEPS, STEPS - 1)
                line["columns"]["probability"] = share(columns, "probability", steps, np.uint16)
            else:
                line["wrong"] = len(wrong)
                wrong.append(~frame["correct"].to_numpy())
        lines.append(line)
    table = pd.DataFrame(columns)
    if wrong:
        table["wrong"] = [row.tobytes() for row in np.packbits(np.stack(wrong, 1), axis=1)]
    out.mkdir(parents=True, exist_ok=True)
    table.to_parquet(out / PREDICTIONS, compression="zstd", compression_level=19, index=False)
    text = "".join(f"{json.dumps(line)}\n" for line in lines)
    (out / RUNS).write_bytes(lzma.compress(text.encode(), preset=9))


def describe(run: Run, compared: bool) -> Line:
    """Results, configuration and gradient flow of a run, without the paths of a machine."""
    results = json.loads((run.folder / "results.json").read_text())
    results.pop("command", None)  # it has the paths of a machine
    found = {"results": results} | {
        name: yaml.safe_load((run.folder / ".hydra" / f"{name}.yaml").read_text())
        for name in ("config", "overrides")
    }
    if (flow := run.gradient_flow) is not None:
        end = None if compared else NUM_DISTANCES
        found["gradient_flow"] = {
            "epochs": [flow.epochs[0], flow.epochs[-1]],
            "distance": flow.distance[:end],
            "norm": [[float(f"{norm:.5g}") for norm in flow.norm[when][:end]] for when in (0, -1)],
        }
    relative: Line = json.loads(re.sub(r'(["=])/[^"]*/([^"/]+)', r"\1\2", json.dumps(found)))
    return relative


def keep_reviews(columns: Columns, frame: pd.DataFrame, run: Run) -> dict[str, str]:
    """Keep what a run's predictions say of the reviews, and name the columns that hold it."""
    columns.setdefault("row_id", frame["row_id"].to_numpy())
    if not np.array_equal(columns["row_id"], frame["row_id"]):
        raise SystemExit(f"{run.folder}: tested on other reviews than the first run")
    kinds = {"label": np.int8, "length": np.int16, "duplicate": np.bool_}
    return {name: share(columns, name, frame[name], kind) for name, kind in kinds.items()}


def share(columns: Columns, name: str, values: Iterable[Any], kind: type[np.generic]) -> str:
    """Name of the column with these values, which runs share; add it where there is none."""
    values = np.asarray(values).astype(kind)
    for number in range(len(columns) + 1):
        key = f"{name} {number}"
        if np.array_equal(columns.setdefault(key, values), values):
            return key
    raise AssertionError


def unpack(archive: Path, out: Path) -> None:
    """Write the runs that were packed into the folder `archive` as folders below `out`."""
    table = pd.read_parquet(archive / PREDICTIONS)
    bits = b"".join(table["wrong"]) if "wrong" in table else b""
    packed = np.frombuffer(bits, np.uint8).reshape(len(table), -1)
    wrong = np.unpackbits(packed, axis=1).astype(bool)
    for text in lzma.decompress((archive / RUNS).read_bytes()).decode().splitlines():
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
            if "wrong" in line:
                frame["predicted"] = frame["label"].to_numpy() ^ wrong[:, line["wrong"]]
            else:
                frame["probability"] = (frame["probability"] + 0.5) / STEPS
            frame.assign(row_id=table["row_id"]).to_parquet(folder / "predictions.parquet")


def main() -> None:
    """Pack or unpack."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("pack", "unpack"))
    parser.add_argument("folders", nargs="+", type=Path)
    given = parser.parse_args()
    if given.what == "pack":
        pack(given.folders, HERE)
    else:
        unpack(HERE, given.folders[0])


if __name__ == "__main__":
    main()
