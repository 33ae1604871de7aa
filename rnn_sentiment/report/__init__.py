"""Compare runs: verdicts, figures and an HTML page from run folders."""
