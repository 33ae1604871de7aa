"""Prepare the store of a source: fetch and build whatever is missing."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from rnn_sentiment.data.corpus import Corpus
from rnn_sentiment.data.identify import identify
from rnn_sentiment.data.sources.source import Source
from rnn_sentiment.data.store import Index, open_or_build, open_or_build_index
from rnn_sentiment.data.tokenizer import Tokenizer
from rnn_sentiment.errors import UserError


class Prepared(NamedTuple):
    """A corpus that is ready to be read.

    Attributes:
        store: a `TokenStore`; for streaming only an `Index`.
        source: the source that was used.
        corpus: the texts; None if only the store is needed.
        labels: names of the classes.
        several: whether a text may have several labels.
    """

    store: Index
    source: Source
    corpus: Corpus | None
    labels: tuple[str, ...]
    several: bool


def prepare(
    source: Source, cache: Path, tokenizer: Tokenizer, streaming: bool, corpus: Corpus | None
) -> Prepared:
    """Find a corpus and its store.

    Args:
        source: where the texts come from.
        cache: where corpora and stores are kept.
        tokenizer: how texts become ids.
        streaming: the texts are tokenised in every epoch, so the store needs no tokens.
        corpus: the corpus of `source`, if it has been opened.

    Raises:
        UserError: the corpus is not available, is malformed, or is not the expected one.
    """
    if source.expected is not None and source.known_labels is not None and not streaming:
        # A run whose store exists needs neither the network nor the texts.
        tokens = open_or_build(cache, source.expected, tokenizer, corpus=None)
        if tokens is not None:
            return Prepared(tokens, source.first_choice, corpus, source.known_labels, False)
    if corpus is None:
        corpus, source = source.open(cache)
    found = identify(corpus, cache)
    expected = source.expected
    if expected is not None and (differences := found.differences(expected)):
        raise UserError(
            f"{corpus.folder} is not IMDB's standard split: {'; '.join(differences)}; give the "
            "whole corpus, or data.fingerprint=null to train on this one"
        )
    store = (open_or_build_index if streaming else open_or_build)(cache, found, tokenizer, corpus)
    assert store is not None  # there is a corpus to build it from
    return Prepared(store, source, corpus, corpus.labels, corpus.several)
