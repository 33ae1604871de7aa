"""A trained model behind HTTP: for programs as JSON, for people as a page."""
