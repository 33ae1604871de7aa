"""The runs that the lectures' systems and claims need beside the shootout.

    python benchmarks/lectures.py data.path=FOLDER embedding.path=GLOVE [--only NAME ...]

Each line of `RUNS` is a sweep over three seeds (50 epochs of subwords and convolution: one), in a
folder below `--out` (`runs/lectures` unless said), and resumes where it was stopped.
`embedding.path` is for the runs with GloVe alone. `shootout.py` then settles the claims, and
`experiments.py` sets the systems beside what the lectures print.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

SEEDS = "seed=1,2,3"
GRU, LSTM = "experiment=capstone_gru", "experiment=capstone_lstm"
FRONT, BEHIND = (f"data.masked=false data.padding={side}" for side in ("pre", "post"))
SMALL = "data.train_size=500 trainer.max_epochs=20"
MIDDLE = "data.train_size=5000 trainer.max_epochs=10"
RUNS = {
    "small_lstm": "experiment=small_lstm",
    "numbers_rnn": "experiment=numbers_rnn",
    **{
        f"{name}-shuffled": f"experiment={name} data.shuffle_words=true"
        for name in (
            *("capstone_rnn", "capstone_lstm", "capstone_gru"),
            *("length120_conv1d", "length120_pooled"),
        )
    },
    "capstone_lstm-max_length=100": f"{LSTM} data.max_length=100",
    "length120_conv1d-max_length=500": "experiment=length120_conv1d data.max_length=500",
    "capstone_lstm-vocabulary_size=1000": f"{LSTM} tokenizer.vocabulary_size=1000",
    "capstone_lstm-num_layers=2": f"{LSTM} model.num_layers=2",
    "capstone_lstm-dropout=0.5": f"{LSTM} model.dropout=0.5",
    "capstone_lstm-padding=pre": f"{LSTM} {FRONT}",
    "capstone_lstm-padding=post": f"{LSTM} {BEHIND}",
    # What is exactly equal is so after few reviews too.
    "capstone_lstm-padding=pre-masked=true": f"{LSTM} data.padding=pre {SMALL}",
    "capstone_lstm-padding=post-masked=true": f"{LSTM} data.padding=post {SMALL}",
    **{
        f"capstone_{cell}-bucketed=false": f"experiment=capstone_{cell} data.bucketed=false"
        for cell in ("rnn", "lstm", "gru")
    },
    "capstone_gru-batch_size=16": f"{GRU} data.batch_size=16",
    "capstone_gru-batch_size=256": f"{GRU} data.batch_size=256",
    "capstone_gru-batch_size=512": f"{GRU} data.batch_size=512",
    "capstone_gru-batch_size=16-scaled": f"{GRU} data.batch_size=16 optimizer.lr=0.00025",
    "capstone_gru-batch_size=256-scaled": f"{GRU} data.batch_size=256 optimizer.lr=0.004",
    "capstone_gru-batch_size=512-scaled": f"{GRU} data.batch_size=512 optimizer.lr=0.008",
    "capstone_lstm-embedding=word2vec-frozen_epochs=all": (
        f"{LSTM} embedding=word2vec embedding.frozen_epochs=all"
    ),
    "capstone_lstm-train_size=500": f"{LSTM} {SMALL}",
    "capstone_lstm-embedding=word2vec-train_size=500": f"{LSTM} embedding=word2vec {SMALL}",
    "capstone_lstm-embedding=word2vec-frozen_epochs=all-train_size=500": (
        f"{LSTM} embedding=word2vec embedding.frozen_epochs=all {SMALL}"
    ),
    "capstone_lstm-train_size=5000": f"{LSTM} {MIDDLE}",
    "capstone_lstm-embedding=word2vec-train_size=5000": f"{LSTM} embedding=word2vec {MIDDLE}",
    "capstone_lstm-embedding=word2vec-frozen_epochs=all-train_size=5000": (
        f"{LSTM} embedding=word2vec embedding.frozen_epochs=all {MIDDLE}"
    ),
    "capstone_lstm-embedding=word2vec": f"{LSTM} embedding=word2vec",
    "capstone_lstm-embedding=glove-train_size=500": f"{LSTM} embedding=glove {SMALL}",
    "capstone_lstm-embedding=glove-frozen_epochs=all-train_size=500": (
        f"{LSTM} embedding=glove embedding.frozen_epochs=all {SMALL}"
    ),
    "subword_bilstm": "experiment=subword_bilstm",
    "subword_bilstm2": "experiment=subword_bilstm2",
    "improved_stack": "experiment=improved_stack",
    "conv_recurrent": "experiment=conv_recurrent",
    "capstone_lstm-recurrent_dropout=0.5": f"{LSTM} model.recurrent_dropout=0.5",
    "length120_bilstm-max_epochs=50": "experiment=length120_bilstm trainer.max_epochs=50",
    "small_vocabulary_bilstm": "experiment=small_vocabulary_bilstm",
    "capstone_lstm-validate_on=test": f"{LSTM} data.validate_on=test",
    "small_lstm-validate_on=test": "experiment=small_lstm data.validate_on=test",
    "small_lstm-padding=pre": f"experiment=small_lstm {FRONT}",
    "small_lstm-padding=post": f"experiment=small_lstm {BEHIND}",
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
