"""A model's variables, made without computing anything."""

import keras


def build(model: keras.Model) -> keras.Model:
    """Makes a model's variables by tracing it; returns the model."""
    n_frames = model.crop_frames or 16
    frames = keras.KerasTensor((1, n_frames))
    audio, audio_16k = (
        keras.KerasTensor((1, n_frames * hop_length))
        for hop_length in (model.rates.hop_length, model.rates.measuring_hop_length)
    )
    model({"f0_hz": frames, "loudness_db": frames, "audio": audio, "audio_16k": audio_16k})
    return model
