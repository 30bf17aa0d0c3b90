"""Training in a run directory, and what is drawn and heard of it."""
