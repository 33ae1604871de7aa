"""Look inside a corpus or an embedding."""
