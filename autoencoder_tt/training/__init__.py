"""Training in a run directory."""
