"""Differentiable digital signal processing: harmonics and noise, driven by a decoder."""
