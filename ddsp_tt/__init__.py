"""Differentiable digital signal processing: a harmonic and a noise synthesiser driven by a decoder."""
