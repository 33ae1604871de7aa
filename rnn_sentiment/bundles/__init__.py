"""From a run folder to a bundle that is given to others; `inference.bundle` reads it."""
