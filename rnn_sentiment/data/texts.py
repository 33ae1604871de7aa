"""Find the texts of a run's test reviews by their row ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from rnn_sentiment.data.corpus import Corpus
from rnn_sentiment.data.rows import text_hash
from rnn_sentiment.data.sources import AutoSource, DemoSource, HubSource, PathSource, Source
from rnn_sentiment.data.sources.path import open_folder
from rnn_sentiment.errors import UserError


def find_texts(source: Source, cache: Path, row_ids: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Yield the hash and the text of every review that a row id names, once each.

    Nothing is fetched: a data set of the Hub must be in the cache.

    Args:
        source: the source in the run's configuration.
        cache: the user's cache.
        row_ids: as in `predictions.parquet`.

    Raises:
        UserError: the texts are not on this machine, or are no longer those of the run.
    """
    try:
        missing = {hash_of(row_id) for row_id in row_ids}
    except ValueError:
        raise UserError("the row ids are not those of this package") from None
    for text in texts(source, cache, len(missing)):
        if (found := text_hash(text)) in missing:
            missing.remove(found)
            yield found, text
            if not missing:
                return
    raise UserError(f"{len(missing):,} of the texts are not in the corpus that the run names")


def hash_of(row_id: str) -> int:
    """The hash of a text in a row id."""
    return int(row_id.partition("-")[0], 16)


def texts(source: Source, cache: Path, num_wanted: int) -> Iterator[str]:
    """The texts of a corpus that is on this machine, those of its test part first.

    Raises:
        UserError: it is not on this machine.
    """
    if isinstance(source, AutoSource):
        assert isinstance(source.first_choice, (HubSource, PathSource))
        source = source.first_choice
    if isinstance(source, DemoSource):
        if source.sizes[1] < num_wanted:  # or a stranger could have any number generated
            raise UserError("the run's demo corpus has fewer test texts than its predictions")
        yield from source.test_texts()
        return
    corpus = local_corpus(source, cache)
    for part in ("test", "train"):  # the test part may be split off
        for some, _ in corpus.read(part):
            yield from some


def local_corpus(source: Source, cache: Path) -> Corpus:
    """The corpus of a path, or of the Hub's cache.

    Raises:
        UserError: it is not there.
    """
    if isinstance(source, HubSource):
        folder = source.folder(cache)
        if not Corpus(folder, ()).files("train"):
            raise UserError(f"{source.name} is not in the cache")
        return open_folder(folder, cache, "text", "label", source.labels)
    assert isinstance(source, PathSource)
    if not Path(str(source.path)).expanduser().exists():
        raise UserError(f"{source.path} is not on this machine")
    return source.open(cache).corpus
