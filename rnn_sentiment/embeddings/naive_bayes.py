"""Log-count ratios of n-grams between classes: the features of Naive Bayes."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import torch
from pydantic import ConfigDict, Field, PositiveFloat, PositiveInt, validate_call
from torch import Tensor, nn

from rnn_sentiment import machine
from rnn_sentiment.embeddings.ngrams import MULTIPLIER, hashes_of_ngrams, mix
from rnn_sentiment.errors import MachineError
from rnn_sentiment.outcome import Outcome
from rnn_sentiment.storage import load_arrays, locked, save_arrays
from rnn_sentiment.types import Batch

if TYPE_CHECKING:
    from rnn_sentiment.data import ReviewDataModule

log = logging.getLogger(__name__)

FORMAT = 1  # part of the name: a change of what is counted never meets older ratios


class NaiveBayesNgrams(nn.Module):
    """A second channel: log-count ratios of the n-grams that begin at each token.

    The ratio of an n-gram is log((p / |p|) / (q / |q|)), where p is the number of
    training texts of a class that contain it plus `smoothing`, q the same for all other texts, and
    |p|, |q| their sums over all n-grams (Wang & Manning, 2012). Two classes share one ratio; more
    classes, or several labels, have one each.

    A ratio leaks the labels of the texts it was counted on, and a network would learn to trust it
    more than new texts justify. So the training texts are divided into `folds` by their tokens,
    and in training mode a text reads ratios counted without its own fold. In evaluation mode every
    text, including training texts, reads those of all folds.

    Args:
        outcome: what is predicted: a class, or several labels.
        sizes: numbers of tokens of an n-gram, for example `[1, 2, 3]`.
        min_texts: n-grams in fewer training texts have a ratio of zero, like unseen ones.
        max_ngrams: maximum number of n-grams with a ratio; those in the most texts are kept.
        folds: number of parts of the training texts.
        smoothing: pseudo-count of texts of each class for every n-gram.
    """

    @validate_call(config=ConfigDict(arbitrary_types_allowed=True))
    def __init__(
        self,
        outcome: Outcome,
        sizes: Annotated[list[PositiveInt], Field(min_length=1)],
        min_texts: PositiveInt,
        max_ngrams: PositiveInt,
        folds: Annotated[int, Field(ge=2)],
        smoothing: PositiveFloat,
    ) -> None:
        super().__init__()
        self.outcome = outcome
        self.sizes = sizes
        self.min_texts = min_texts
        self.folds = folds
        self.smoothing = smoothing
        self.num_ratios = outcome.num_logits
        self.output_dim = len(sizes) * self.num_ratios
        self.max_ngrams = max_ngrams
        # Sorted hashes of n-grams, and their ratios without each fold and, last, with all of them.
        # As long as a corpus or a checkpoint makes them; until then, one hash that none has.
        self.register_buffer("hashes", torch.full((1,), torch.iinfo(torch.int64).max))
        ratios = torch.zeros(folds + 1, 1, self.num_ratios, dtype=torch.float16)
        self.register_buffer("ratios", ratios)

    hashes: Tensor
    ratios: Tensor

    def forward(self, tokens: Tensor) -> Tensor:
        """Look up the n-grams of `tokens (B, T)`: `(B, T, output_dim)`, size after size."""
        fold = self.fold_of(tokens)[:, None] if self.training else None
        found = []
        for size in self.sizes:
            hashes, whole = hashes_apart(tokens, size)
            at = torch.searchsorted(self.hashes, hashes).clamp_(max=len(self.hashes) - 1)
            known = whole & (self.hashes[at] == hashes)
            ratios = self.ratios[-1][at] if fold is None else self.ratios[fold, at]
            found.append(ratios.float() * known[:, :, None])
        return torch.cat(found, dim=2)

    def of_sizes(self, tokens: Tensor) -> Tensor:
        """The contribution of each size of n-grams to the channel: `(S, B, T, output_dim)`."""
        ratios = self(tokens)
        size_of = torch.arange(self.output_dim) // self.num_ratios
        return torch.stack([ratios * (size_of == i) for i in range(len(self.sizes))])

    def fold_of(self, tokens: Tensor) -> Tensor:
        """The fold `(B,)` of each row of `tokens (B, T)`, independent of padding."""
        odd = 2 * torch.arange(tokens.shape[1], device=tokens.device) + 1
        return mix(mix(tokens * odd * MULTIPLIER).sum(1) * MULTIPLIER) % self.folds

    def initialise(self, data: ReviewDataModule) -> dict[str, Any]:
        """Take the ratios from the cache if an equal run has stored them, or count.

        Returns:
            `ngrams`, the number with a ratio, and `in_texts`, the number in the texts.
        """
        file = data.cache / "ngrams" / f"{self._identity(data.train_batches())}.npz"
        try:
            found = self._load_or_count(file, data)
        except (OSError, MachineError) as error:
            log.warning("%s; until then, every run counts phrases", machine.explain(error) or error)
            found = self._count_all(data)
        if len(found["hashes"]):
            self.hashes = torch.from_numpy(found["hashes"])
            self.ratios = torch.from_numpy(found["ratios"])
        return {"ngrams": len(found["hashes"]), "in_texts": int(found["in_texts"])}

    def _load_or_count(self, file: Path, data: ReviewDataModule) -> dict[str, np.ndarray]:
        """The result of `_count_all`, read from the cache or stored there.

        Raises:
            OSError, MachineError: the cache cannot be written.
        """
        with locked(file):
            found = load_arrays(file)
            if found is None:
                found = self._count_all(data)
                save_arrays(file, found)
        return found

    def _identity(self, batches: Iterable[Batch]) -> str:
        """A digest of what decides the ratios: the settings, and the training texts' tokens."""
        settings = (self.outcome, self.sizes, self.min_texts, self.max_ngrams, self.folds)
        digest = hashlib.blake2b(repr((FORMAT, *settings, self.smoothing)).encode(), digest_size=10)
        for batch in batches:
            digest.update(repr(batch.tokens.shape).encode())
            digest.update(batch.tokens.numpy().tobytes())
            digest.update(batch.labels.numpy().tobytes())
        return digest.hexdigest()

    def _count_all(self, data: ReviewDataModule) -> dict[str, np.ndarray]:
        """Count the training texts' n-grams.

        Returns:
            `hashes (N,)`, ascending; `ratios (folds + 1, N, num_ratios)`; and `in_texts`, the
            number of n-grams in the texts.
        """
        sizes = [self._count(data.train_batches(), size) for size in self.sizes]
        in_texts = sum(total for _, _, total in sizes)
        hashes = np.concatenate([hashes for hashes, _, _ in sizes])
        counts = np.concatenate([counts for _, counts, _ in sizes])  # (N, folds, 1 + ratios)
        texts = counts[:, :, 0].sum(1)
        chosen = np.lexsort((hashes, -texts))[: self.max_ngrams]
        chosen = chosen[np.argsort(hashes[chosen])]
        ratios = self._ratios(counts[chosen]).astype(np.float16)
        return {"hashes": hashes[chosen], "ratios": ratios, "in_texts": np.array(in_texts)}

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        """Load the n-grams of a checkpoint, if it has as many hashes as ratios."""
        hashes, ratios = (state_dict.get(f"{prefix}{name}") for name in ("hashes", "ratios"))
        if hashes is not None and ratios is not None and hashes.shape == ratios.shape[1:2]:
            self.hashes = self.hashes.new_empty(hashes.shape)
            shape = (self.folds + 1, len(hashes), self.num_ratios)
            self.ratios = self.ratios.new_empty(shape)
        super()._load_from_state_dict(state_dict, prefix, *rest)

    def _count(self, batches: Iterable[Batch], size: int) -> tuple[np.ndarray, np.ndarray, int]:
        """Count the texts of each fold that contain the n-grams of a size.

        Returns:
            The hashes of those in enough texts; their counts `(N, folds, 1 + ratios)`,
            in all texts and in those of the class of each ratio; and the number of all n-grams.
        """
        import pandas as pd  # which models that are only read do without

        hashes, text_of, folds, members = [], [], [], []
        num_texts = 0
        for batch in batches:
            found, whole = hashes_apart(batch.tokens, size)
            folds.append(self.fold_of(batch.tokens).numpy())
            # Of two classes, the second one has the ratio.
            members.append(self.outcome.members(batch.labels)[:, -self.num_ratios :].numpy())
            texts = torch.arange(num_texts, num_texts + len(found), dtype=torch.int32)
            num_texts += len(found)
            # Each n-gram once a text: the first of those that are equal.
            found, order = found.sort(dim=1)
            first = whole.gather(1, order)
            first[:, 1:] &= found[:, 1:] != found[:, :-1]
            hashes.append(found[first].numpy())
            text_of.append(texts[:, None].expand_as(found)[first].numpy())
        place, every = pd.factorize(np.concatenate(hashes))
        kept = np.bincount(place, minlength=len(every)) >= self.min_texts
        new_place = np.cumsum(kept) - 1
        among = kept[place]
        text = np.concatenate(text_of)[among]
        cells = new_place[place[among]] * self.folds + np.concatenate(folds)[text]
        num_cells = int(kept.sum()) * self.folds
        counts = np.empty((num_cells, 1 + self.num_ratios), np.int32)
        counts[:, 0] = np.bincount(cells, minlength=num_cells)
        for column, of_class in enumerate(np.concatenate(members).T, 1):
            counts[:, column] = np.bincount(cells[of_class[text]], minlength=num_cells)
        return every[kept], counts.reshape(-1, self.folds, 1 + self.num_ratios), len(every)

    def _ratios(self, counts: np.ndarray) -> np.ndarray:
        """Ratios `(folds + 1, N, num_ratios)` from `counts (N, folds, 1 + num_ratios)`."""
        total = counts.sum(1)  # (N, 1 + ratios)
        ratios = np.empty((self.folds + 1, len(counts), self.num_ratios), np.float32)
        for fold in range(self.folds + 1):
            rest = total - counts[:, fold] if fold < self.folds else total
            for column in range(self.num_ratios):
                p = rest[:, 1 + column] + self.smoothing
                q = rest[:, 0] - rest[:, 1 + column] + self.smoothing
                ratios[fold, :, column] = np.log(p / p.sum()) - np.log(q / q.sum())
        return ratios


def hashes_apart(tokens: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Like `hashes_of_ngrams`, but n-grams of different sizes never share a hash."""
    hashes, whole = hashes_of_ngrams(tokens, size)
    return mix((hashes ^ size) * MULTIPLIER), whole
