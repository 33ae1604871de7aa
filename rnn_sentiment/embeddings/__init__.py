"""Embeddings: tables learned from scratch, from GloVe, or with word2vec."""

from rnn_sentiment.embeddings.glove import GloveEmbedding
from rnn_sentiment.embeddings.naive_bayes import NaiveBayesNgrams
from rnn_sentiment.embeddings.ngrams import HashedNgrams
from rnn_sentiment.embeddings.numbers import NumberEmbedding
from rnn_sentiment.embeddings.random import RandomEmbedding
from rnn_sentiment.embeddings.word2vec import Word2VecEmbedding

__all__ = [
    "GloveEmbedding",
    "HashedNgrams",
    "NaiveBayesNgrams",
    "NumberEmbedding",
    "RandomEmbedding",
    "Word2VecEmbedding",
]
