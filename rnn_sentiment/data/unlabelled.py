"""The unlabelled texts, without those of held-out parts."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from rnn_sentiment.bars import Bar
from rnn_sentiment.data.corpus import Corpus
from rnn_sentiment.data.identify import digest
from rnn_sentiment.data.parquet import num_rows
from rnn_sentiment.data.rows import text_hash
from rnn_sentiment.data.sources.hub import HubSource
from rnn_sentiment.data.sources.source import Source
from rnn_sentiment.data.sources.unlabelled import open_unlabelled


@dataclass(frozen=True)
class Unlabelled:
    """The parts `unsupervised`, which may be empty, of some corpora.

    Args:
        corpora: with or without other parts.
    """

    corpora: tuple[Corpus, ...]

    def __len__(self) -> int:
        return sum(map(num_rows, self.files))

    @property
    def files(self) -> list[Path]:
        """The parquet files that hold them."""
        return [file for corpus in self.corpora for file in corpus.files("unsupervised")]

    @cached_property
    def digests(self) -> list[str]:
        """A hash of the contents of each file, as they were when it was first asked for."""
        return [digest(file) for file in self.files]

    def read(self, doing: str, without: Collection[int] = ()) -> Iterator[list[str]]:
        """Stream batches of texts behind a progress bar.

        Args:
            doing: what the bar says.
            without: hashes of the texts that are left out.
        """
        with Bar(desc=doing, unit=" texts") as progress:
            for corpus in self.corpora:
                for texts, _ in corpus.read("unsupervised"):
                    yield [t for t in texts if text_hash(t) not in without] if without else texts
                    progress.update(len(texts))


def gather(source: Source, corpus: Corpus | None, more: str | None, cache: Path) -> Unlabelled:
    """The unlabelled texts of a corpus, and further ones.

    Args:
        source: the source of the corpus.
        corpus: the corpus; may be None for a data set of the Hub, whose part is fetched.
        more: a file or folder of further texts.
        cache: where fetched and converted texts are kept.

    Raises:
        UserError: they cannot be read, or lie on the Hub, which cannot be reached.
    """
    if isinstance(source, HubSource):
        corpus = Corpus(source.fetch_parts(cache, ["unsupervised"]), ())
    assert corpus is not None
    if more is None:
        return Unlabelled((corpus,))
    column = getattr(source, "text_column", "text")
    return Unlabelled((corpus, open_unlabelled(Path(more).expanduser(), cache, column)))
