"""Export a run folder as a bundle, which `inference.bundle` reads."""
