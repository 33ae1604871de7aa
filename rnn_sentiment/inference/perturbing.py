"""Answers of a run to test reviews before and after a small change of their texts."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from random import Random

import pandas as pd

from rnn_sentiment import manifest, runs
from rnn_sentiment.configuration import make, user_cache
from rnn_sentiment.data.sources import DemoSource, Source
from rnn_sentiment.data.texts import find_texts, hash_of
from rnn_sentiment.errors import UserError
from rnn_sentiment.inference.perturbations import DEMO_PERTURBATIONS, PERTURBATIONS
from rnn_sentiment.inference.predictor import Predictor
from rnn_sentiment.outcome import AnyOf
from rnn_sentiment.storage import replacing
from rnn_sentiment.trust import check_stored

LOOKED_AT, MOST = 4_000, 1_000  # reviews to try, and at most how many to use for each perturbation


def perturb(run: Path) -> pd.DataFrame:
    """Classify perturbed test reviews, and save the answers in the run folder.

    The reviews are the first ones by row id, a hash of the text, which also seeds the changes. So
    reviews and changes are the same for all runs on a corpus.

    Returns:
        A row for each perturbation of each review: `row_id`, `perturbation`, `turns` (whether it
        flips the label), and the class answered `before` and `after`.

    Raises:
        UserError: the run is not finished, or its texts are not on this machine.
    """
    manifest.verify(run, [name for name in manifest.FILES if name != manifest.PERTURBATIONS])
    runs.refuse_links(run)
    if not (run / "predictions.parquet").exists():
        raise UserError(f"{run} has no predictions.parquet: its test part has not been scored")
    row_ids = pd.read_parquet(run / "predictions.parquet", columns=["row_id"])["row_id"]
    cfg = runs.load_config(run)
    check_stored(cfg, "data.source")
    predictor = Predictor.load(run)
    if isinstance(predictor.outcome, AnyOf):
        raise UserError(f"{run} gives texts several labels; perturb needs one class per text")
    changed = changed_reviews(make(cfg, "data.source"), row_ids)
    texts = list(dict.fromkeys([*changed["text"], *changed["changed"]]))
    texts.sort(key=len)  # for batches of similar length
    classes = list(predictor.labels)
    answers = {
        text: classes.index(max(shares, key=shares.__getitem__))
        for text, shares in zip(texts, predictor(texts), strict=True)
    }
    found = changed[["row_id", "perturbation", "turns"]].assign(
        before=changed["text"].map(answers), after=changed["changed"].map(answers)
    )
    with replacing(run / manifest.PERTURBATIONS) as file:
        found.to_parquet(file)
    manifest.seal(run)
    return found


def changed_reviews(source: Source, row_ids: pd.Series) -> pd.DataFrame:
    """Perturb test reviews: `row_id`, `perturbation`, `turns`, `text`, `changed`.

    Args:
        source: the source of their texts.
        row_ids: as in `predictions.parquet`.

    Raises:
        UserError: the texts are not on this machine.
    """
    ids = row_ids[row_ids.str.endswith("-0")].sort_values()[:LOOKED_AT]  # each text once
    texts = dict(find_texts(source, user_cache(), ids))
    kinds = DEMO_PERTURBATIONS if isinstance(source, DemoSource) else PERTURBATIONS
    rows = []
    for name, (change, turns) in kinds.items():
        pairs = ((row_id, texts[hash_of(row_id)]) for row_id in ids)
        tried = ((i, text, change(text, Random(f"{name}/{i}"))) for i, text in pairs)
        usable = (one for one in tried if one[2] is not None)
        rows += [(i, name, turns, text, new) for i, text, new in islice(usable, MOST)]
    return pd.DataFrame(rows, columns=["row_id", "perturbation", "turns", "text", "changed"])
