"""Group the runs of one architecture, with different seeds, into rows."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from rnn_sentiment.identity import comparable, config_differences, deciding_keys, without
from rnn_sentiment.report.folds import join_folds
from rnn_sentiment.report.loading import LeftOut, Run, Setting
from rnn_sentiment.report.naming import names
from rnn_sentiment.report.row import Row
from rnn_sentiment.storage import printable

# Name and corpus are compared too, as the results state them.
ROW_MAY_DIFFER_IN = (
    *("seed", "data.seed", "data.reading.seed", "data.splits.seed", "callbacks.epoch_seed.seed"),
    *("name", "data.source.path"),
)
Corpus = tuple[str, int | None]  # fingerprint, and size of the test part
NOT_STATED = "unknown"


def group(runs: Sequence[Run]) -> tuple[list[Row], list[LeftOut]]:
    """Make rows of runs, best mean test accuracy first.

    A row is a name, a configuration apart from its seed, and a setting. If runs of one name differ
    in their configuration, labels show the difference: `gru-hidden_size=64`. Repeated seeds are
    left out, as are runs whose test texts are not those of most runs on the same corpus. The folds
    of a cross-validation are one run.
    """
    runs, incomplete = join_folds(runs)
    runs, left_out = with_the_same_reviews(runs)
    left_out += incomplete
    by_name: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        by_name[printable(run.results.name)].append(run)
    members: dict[tuple[str, Setting], dict[int, Run]] = defaultdict(dict)
    stated = {run.setting for run in runs}
    for name, namesakes in by_name.items():
        for label, run in zip(labels(name, namesakes), namesakes, strict=True):
            row = members[label, completed(run.setting, stated)]
            if run.seed in row:
                why = f"repeats seed {run.seed} of {label}, which {row[run.seed].folder} holds"
                left_out.append(LeftOut(run.folder, why))
            else:
                row[run.seed] = run
    configs: dict[Setting, dict[str, dict[str, object]]] = defaultdict(dict)
    for (label, setting), row in members.items():
        configs[setting][label] = row[min(row)].config
    called = {setting: names(labelled, ROW_MAY_DIFFER_IN) for setting, labelled in configs.items()}
    rows = [
        Row(label, setting, tuple(row[seed] for seed in sorted(row)), called[setting][label])
        for (label, setting), row in members.items()
    ]
    order = [(str(row.setting), -float(np.mean(row.accuracies)), row.label) for row in rows]
    return [rows[i] for i in sorted(range(len(rows)), key=order.__getitem__)], left_out


def completed(setting: Setting, stated: set[Setting]) -> Setting:
    """Fill in the precision of a setting that states none, if all others like it agree."""
    if setting.precision != NOT_STATED:
        return setting
    found = {s.precision for s in stated if replace(s, precision=NOT_STATED) == setting}
    known = found - {NOT_STATED}
    return replace(setting, precision=known.pop()) if len(known) == 1 else setting


def with_the_same_reviews(runs: Sequence[Run]) -> tuple[list[Run], list[LeftOut]]:
    """Leave out the runs that were tested on other reviews than most with their fingerprint."""
    common: dict[Corpus, dict[str, Counter[object]]] = defaultdict(lambda: defaultdict(Counter))
    for run in runs:
        for what, found in tested_on(run).items():
            common[corpus_of(run)][what][found] += 1
    kept, left_out = [], []
    for run in runs:
        usual = common[corpus_of(run)]
        odd = [w for w, found in tested_on(run).items() if found != usual[w].most_common(1)[0][0]]
        if odd:
            why = f"its {odd[0]} are not those of the other runs with this fingerprint"
            left_out.append(LeftOut(run.folder, why))
        else:
            kept.append(run)
    return kept, left_out


def corpus_of(run: Run) -> Corpus:
    """Fingerprint and size of the test part."""
    return run.results.data.fingerprint, run.results.data.sizes.get("test")


def tested_on(run: Run) -> dict[str, object]:
    """A key that runs on the same test part share, as far as the run states it."""
    found: dict[str, object] = {}
    if run.reviews is not None:
        found["row_ids or labels"] = run.reviews
    if run.results.classes:
        found["classes"] = tuple(run.results.classes)
    return found


def labels(name: str, runs: Sequence[Run]) -> list[str]:
    """Name each run by its differences from its namesakes, the seed excepted."""
    configs = [without(deciding_keys(run.config), ROW_MAY_DIFFER_IN) for run in runs]
    differing = config_differences(*configs)
    values = [tuple(comparable(config.get(key)) for key in differing) for config in configs]
    # One label for each configuration, whichever of its runs says how it came about.
    firsts = [values.index(found) for found in values]
    # The overrides explain most differences; where they do not, all differing keys are given.
    told = {n: overrides_of(runs[n], name, differing) for n in firsts}
    if len({frozenset(one.items()) for one in told.values()}) < len(told):
        told = {n: {k: configs[n][k] for k in differing if k in configs[n]} for n in firsts}
    return [
        "-".join([name, *(f"{key.split('.')[-1]}={as_text(v)}" for key, v in told[n].items())])
        for n in firsts
    ]


def overrides_of(run: Run, name: str, differing: Sequence[str]) -> dict[str, object]:
    """The overrides that set one of the differing keys, or a group that holds one."""
    return {
        key: value
        for key, value in run.overrides.items()
        if value != name and any(f"{d}.".startswith(f"{key}.") for d in differing)
    }


def as_text(value: object) -> str:
    """A value of a configuration in a label."""
    return printable(value if isinstance(value, str) else json.dumps(value, default=str))
