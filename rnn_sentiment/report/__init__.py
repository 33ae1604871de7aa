"""From run folders to verdicts, figures and a page."""
