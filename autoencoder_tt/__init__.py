"""Timbre transfer by an autoencoder that turns a line of pitch into an instrument's spectrogram."""
