"""Training in a run directory, and the recipes that consist of several."""
