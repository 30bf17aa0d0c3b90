"""The optimisation of a spectrogram, and what is kept of it on disk."""
