"""From run folders to pictures and tables."""
