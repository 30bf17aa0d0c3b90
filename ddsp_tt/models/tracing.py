"""Models make their weights by being traced, which computes nothing."""

from typing import Any

import keras

from ddsp_tt.synthesis.saving import Saved


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


class SavedModel(Saved):
    """A model that Keras can write with its weights (`keras.Model.save`) and load again."""

    def get_build_config(self) -> dict[str, Any]:
        """Says no more than that there are weights to make."""
        return {"is_traced": True}

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Makes the weights, before Keras reads them."""
        del config
        build(self)
