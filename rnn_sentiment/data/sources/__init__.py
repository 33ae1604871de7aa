"""Where texts come from: the Hub, files, or the demo corpus."""
