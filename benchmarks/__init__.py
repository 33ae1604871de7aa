"""Measurements: each is one command, and its result is committed as data and a table."""
