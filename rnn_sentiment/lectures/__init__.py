"""The lectures: their claims, the rules that settle them, and their weather example."""
