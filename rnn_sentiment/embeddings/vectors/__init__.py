"""Files of word vectors: open, fetch, read, look up."""
