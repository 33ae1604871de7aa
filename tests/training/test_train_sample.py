"""Training accuracy of the network that validation sees, measured without a trace."""

from __future__ import annotations

import pytest
import torch

from rnn_sentiment.checkpoints import load_checkpoint
from rnn_sentiment.training.build import build_classifier, build_data
from tests.training.test_resume import NOT_COMPARED, configuration, train

pytestmark = pytest.mark.filterwarnings("ignore:Checkpoint directory .* exists")
SMALL = ("model=bag", "ngrams=none", "embedding.dropout=0.5", "trainer.max_epochs=2")


@pytest.mark.slow
def test_the_sample_is_scored_as_it_is_and_changes_nothing(corpus, tmp_path):
    cfg = configuration(corpus, tmp_path / "cache", *SMALL, "callbacks.train_sample.size=50")
    rows = train(cfg, tmp_path / "with")["history"]
    stored = load_checkpoint(tmp_path / "with" / "checkpoints" / "last.ckpt")
    data = build_data(cfg)
    data.setup()
    classifier = build_classifier(cfg, len(data.vocabulary))
    classifier.load_state_dict(stored["state_dict"])
    with torch.no_grad():
        right = [
            (classifier.eval()(batch).sigmoid() > 0.5) == batch.labels
            for batch in data.train_sample(50)
        ]
    assert len(torch.cat(right)) == 50
    assert rows[-1]["train/sample_accuracy"] == pytest.approx(
        float(torch.cat(right).float().mean())
    )
    without = configuration(corpus, tmp_path / "cache", *SMALL, "callbacks.train_sample=null")
    others = train(without, tmp_path / "without")["history"]
    left_out = {"train/sample_accuracy", *NOT_COMPARED}
    assert [{k: v for k, v in row.items() if k not in left_out} for row in rows] == [
        {k: v for k, v in row.items() if k not in left_out} for row in others
    ]
