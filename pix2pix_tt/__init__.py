"""Timbre transfer as image translation: a U-Net against a PatchGAN on slices of spectrograms."""
