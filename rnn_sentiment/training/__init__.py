"""From a configuration to a trained classifier."""
