"""Serve a trained model over HTTP: JSON for programs, a page for people."""
