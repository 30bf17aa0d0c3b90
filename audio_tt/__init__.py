"""The floor that every system of timbre-tt stands on: files, spectra, pitch, weights, runs."""
