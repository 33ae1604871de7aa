"""Train what the lectures' systems and claims need beside the shootout.

    python -m benchmarks.lectures.sweeps data.path=FOLDER embedding.path=GLOVE [--only NAME ...]

Each line of `RUNS` is a sweep over three seeds (ten of the capstone after three epochs, one of 50
epochs of subwords and convolution), in a folder below `--out`; a sweep that was stopped goes on
where it was. `embedding.path` is given only to the runs with GloVe.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

SEEDS = "seed=1,2,3"
FRONT, BEHIND = (f"data.masked=false data.padding={side}" for side in ("pre", "post"))
WORD2VEC = "embedding=word2vec"
FROZEN = f"{WORD2VEC} embedding.frozen_epochs=all"
CHANGES = {  # by cell of the capstone, each after three epochs
    "rnn": {
        "": "seed=range(1,11)",
        "-bucketed=false": "data.bucketed=false",
    },
    "lstm": {
        "": "seed=range(1,11)",
        "-bucketed=false": "data.bucketed=false",
        "-vocabulary_size=1000": "tokenizer.vocabulary_size=1000",
        "-num_layers=2": "model.num_layers=2",
        "-dropout=0.5": "model.dropout=0.5",
        "-recurrent_dropout=0.5": "model.recurrent_dropout=0.5",
        "-padding=pre": FRONT,
        "-padding=post": BEHIND,
        "-embedding=word2vec": WORD2VEC,
        "-embedding=word2vec-frozen_epochs=all": FROZEN,
        "-validate_on=test": "data.validate_on=test",
    },
    "gru": {
        "": "seed=range(1,11)",
        "-bucketed=false": "data.bucketed=false",
        "-batch_size=16": "data.batch_size=16",
        "-batch_size=256": "data.batch_size=256",
        "-batch_size=512": "data.batch_size=512",
        "-batch_size=16-scaled": "data.batch_size=16 optimizer.lr=0.00025",
        "-batch_size=256-scaled": "data.batch_size=256 optimizer.lr=0.004",
        "-batch_size=512-scaled": "data.batch_size=512 optimizer.lr=0.008",
    },
}
LSTM = "experiment=capstone_lstm"
SMALL = f"{LSTM} data.train_size=500 trainer.max_epochs=20"
RUNS = {
    **{
        f"capstone_{cell}-max_epochs=3{change}": (
            f"experiment=capstone_{cell} trainer.max_epochs=3 {overrides}"
        )
        for cell, changes in CHANGES.items()
        for change, overrides in changes.items()
    },
    "capstone_lstm-shuffled": f"{LSTM} data.shuffle_words=true",
    "capstone_lstm-max_length=100": f"{LSTM} data.max_length=100",
    # What is exactly equal is so after few reviews too.
    "capstone_lstm-padding=pre-masked=true": f"{SMALL} data.padding=pre",
    "capstone_lstm-padding=post-masked=true": f"{SMALL} data.padding=post",
    "capstone_lstm-train_size=500": SMALL,
    "capstone_lstm-embedding=word2vec-train_size=500": f"{SMALL} {WORD2VEC}",
    "capstone_lstm-embedding=word2vec-frozen_epochs=all-train_size=500": f"{SMALL} {FROZEN}",
    "capstone_lstm-embedding=glove-train_size=500": f"{SMALL} embedding=glove",
    "capstone_lstm-embedding=glove-frozen_epochs=all-train_size=500": (
        f"{SMALL} embedding=glove embedding.frozen_epochs=all"
    ),
    "small_lstm": "experiment=small_lstm",
    "small_lstm-validate_on=test": "experiment=small_lstm data.validate_on=test",
    "small_lstm-padding=pre": f"experiment=small_lstm {FRONT}",
    "small_lstm-padding=post": f"experiment=small_lstm {BEHIND}",
    "length120_pooled-shuffled": "experiment=length120_pooled data.shuffle_words=true",
    "length120_conv1d-max_length=500": "experiment=length120_conv1d data.max_length=500",
    "length120_bilstm-max_epochs=50": "experiment=length120_bilstm trainer.max_epochs=50",
    "subword_bilstm": "experiment=subword_bilstm",
    "subword_bilstm2": "experiment=subword_bilstm2",
    "small_vocabulary_bilstm": "experiment=small_vocabulary_bilstm",
    "improved_stack": "experiment=improved_stack",
    "conv_recurrent": "experiment=conv_recurrent",
    "numbers_rnn": "experiment=numbers_rnn",
    **{
        f"{name}-max_epochs=50": f"experiment={name} trainer.max_epochs=50 seed=choice(1)"
        for name in ("length120_conv1d", "subword_bilstm", "subword_bilstm2")
    },
}


def main() -> None:
    """Run all sweeps, and name those that failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("overrides", nargs="*")
    parser.add_argument("--only", nargs="+", choices=RUNS, default=[*RUNS], metavar="NAME")
    parser.add_argument("--out", type=Path, default=Path("runs/lectures"))
    given = parser.parse_args()
    failed = []
    for name in given.only:
        for_all = [o for o in given.overrides if not o.startswith("embedding.path=")]
        command = [
            *(sys.executable, "-m", "rnn_sentiment.train", "-m", SEEDS, *RUNS[name].split()),
            *(f"name='{name}'", f"hydra.sweep.dir='{given.out / name}'"),
            *("sweep.resume=true", "sweep.report=false"),
            *(given.overrides if "embedding=glove" in RUNS[name] else for_all),
        ]
        print(name, flush=True)
        if subprocess.run(command).returncode:
            failed.append(name)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
