"""Timbre transfer by Gram matrices: a spectrogram is moved until a random layer sees the style."""
