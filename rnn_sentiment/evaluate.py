"""Score a run again: `python -m rnn_sentiment.evaluate run=FOLDER [data.path=FOLDER]`."""

from __future__ import annotations

import sys
from pathlib import Path

from rnn_sentiment.configuration import check, one_line_errors
from rnn_sentiment.errors import UserError


def evaluate(arguments: list[str]) -> None:
    """Restore a run's best checkpoint, score the test part, and compare with its results.

    The results of a run that was trained with `test=false` are completed instead.

    Raises:
        UserError: there is no such run, the corpus is another one, or the scores differ.
    """
    from rnn_sentiment import runs
    from rnn_sentiment.training.build import build_data
    from rnn_sentiment.training.scoring import (
        check_corpus,
        predict_test,
        restore,
        score_test,
        test_results,
    )

    if not arguments or not arguments[0].startswith("run="):
        raise UserError("say which run: python -m rnn_sentiment.evaluate run=FOLDER")
    folder = Path(arguments[0].removeprefix("run="))
    cfg = runs.load_config(folder)
    cfg.merge_with_dotlist(arguments[1:])
    check(cfg)
    recorded = runs.load_results(folder)
    data = build_data(cfg)
    data.setup()
    assert data.store is not None
    check_corpus(folder, data.store.fingerprint)
    classifier = restore(cfg, folder, len(data.store.vocabulary), len(data.labels))
    if recorded and "test" not in recorded:
        recorded |= score_test(cfg, folder, classifier, data)
        runs.save_results(folder, recorded)
        print_scores({part: recorded[part] for part in ("test", "test_deduplicated")})
        print(f"added to {folder}/results.json")
        return
    results = test_results(predict_test(cfg, classifier, data))
    print_scores(results)
    if recorded and any(recorded[part] != scores for part, scores in results.items()):
        raise UserError(f"these scores differ from {folder}/results.json")
    print("identical to results.json")


def print_scores(results: dict[str, dict[str, float]]) -> None:
    """A line for each part."""
    for part, scores in results.items():
        print(part, " ".join(f"{name}={value:.4f}" for name, value in scores.items()))


def main() -> None:
    """Entry of the command line."""
    one_line_errors(lambda: evaluate(sys.argv[1:]))


if __name__ == "__main__":
    main()
