"""Memory and seconds against the size of the corpus, with and without streaming.

    python -m benchmarks.scale.corpus_size [25000 100000 400000 1000000]

Writes demo reviews, then trains a small `model=bag` on them for one epoch in both modes, each from
an empty cache, and samples the resident memory of all processes of the run (proportional set size,
so that shared pages count once). Pages of files that are read memory-mapped have a column of their
own: the system takes them back when it needs them. Writes `corpus_size.csv` and `corpus_size.svg`.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import psutil

from benchmarks.figures import save
from benchmarks.markdown import table
from benchmarks.runs import CORES, command, read
from rnn_sentiment.data.sources import demo_reviews as demo

DATA = Path(__file__).with_name("corpus_size.csv")
SIZES = [25_000, 100_000, 400_000, 1_000_000]
NUM_TEST = 1_000
MODES = {"stored": "false", "streamed": "true"}
MODEL = (
    "model=bag",
    "embedding.dim=32",
    "data.batch_size=64",
)  # small, so that the data side shows
INTERVAL = 0.5  # seconds between samples of memory


def memory(process: psutil.Process) -> tuple[float, float]:
    """Resident MiB of a process and its children: of their own, and of mapped files."""
    own = mapped = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            lines = Path(f"/proc/{one.pid}/smaps_rollup").read_text().splitlines()[1:]
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue  # it has just ended
        kib = {line.split(":")[0]: int(line.split()[1]) for line in lines}
        own += kib["Pss_Anon"] + kib["Pss_Shmem"]
        mapped += kib["Pss_File"]
    return own / 1024, mapped / 1024


def measure(corpus: Path, size: int, mode: str, work: Path) -> dict[str, object]:
    """Train one epoch in one mode and watch it."""
    overrides = [
        *("trainer.max_epochs=1", *MODEL, f"data.path={corpus}", "data.fingerprint=null"),
        *(f"data.streaming={MODES[mode]}", f"data.cache={work / mode}-cache"),
    ]
    begin = time.monotonic()
    peak_own = peak_mapped = 0.0
    with subprocess.Popen(command(work / mode, overrides)) as process:
        while process.poll() is None:
            own, mapped = memory(psutil.Process(process.pid))
            peak_own, peak_mapped = max(peak_own, own), max(peak_mapped, mapped)
            time.sleep(INTERVAL)
    if process.returncode:
        sys.exit(f"the {mode} run of {size:,} reviews ended with status {process.returncode}")
    return {
        "reviews": size,
        "mode": mode,
        "peak_own_mib": round(peak_own),
        "peak_mapped_mib": round(peak_mapped),
        "epoch_seconds": round(read(work / mode / "results.json")["seconds_per_epoch"], 1),
        "total_seconds": round(time.monotonic() - begin, 1),
        "threads": CORES,
    }


def table_of_sizes() -> str:
    """A line for each run."""
    return table(
        {
            "reviews": f"{row.reviews:,}",
            "mode": row.mode,
            "peak MiB": f"{row.peak_own_mib:,}",
            "of mapped files, MiB": f"{row.peak_mapped_mib:,}",
            "epoch, s": f"{row.epoch_seconds:,}",
            "whole run, s": f"{row.total_seconds:,}",
        }
        for row in pd.read_csv(DATA).itertuples()
    )


def draw() -> None:
    """Both curves against the number of reviews."""
    runs = pd.read_csv(DATA)
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.5), layout="constrained")
    columns = {"peak_own_mib": "Peak resident memory, MiB", "total_seconds": "Whole run, seconds"}
    for axis, (column, label) in zip(axes, columns.items(), strict=True):
        for mode, rows in runs.groupby("mode"):
            axis.plot(rows["reviews"], rows[column], marker="o", label=mode)
        axis.set(xscale="log", xlabel="Reviews", ylabel=label, ylim=(0, None))
        axis.legend(frameon=False)
    save(figure, DATA.with_suffix(".svg"))


def main() -> None:
    """Measure all sizes and write the data."""
    sizes = [int(size) for size in sys.argv[1:]] or SIZES
    rows = []
    Path("runs").mkdir(exist_ok=True)
    for size in sizes:
        with tempfile.TemporaryDirectory(dir="runs") as work:
            corpus = demo.write(Path(work) / "corpus", size, NUM_TEST, seed=0)
            rows += [measure(corpus, size, mode, Path(work)) for mode in MODES]
        print(pd.DataFrame(rows).to_string(), flush=True)
    pd.DataFrame(rows).to_csv(DATA, index=False)
    draw()


if __name__ == "__main__":
    main()
