"""Recordings to train on, made from melodies."""
