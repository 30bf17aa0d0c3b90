"""Trained models on disk: weights, catalogues, packing."""
