"""Learned embeddings of audio: networks that others trained, for Frechet audio distances."""
