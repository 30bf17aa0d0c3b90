"""Recordings -> the values between encoder and decoder, which describe them."""

from pathlib import Path

import numpy as np
from absl import logging

from audio_tt.command.progress import progress
from audio_tt.errors import UserError
from audio_tt.files import io
from autoencoder_tt import designs
from autoencoder_tt.frames.models import context_frames
from autoencoder_tt.published import clips

_FRAMES = 1024  # encoded at once


def encode_all(trained, path, output, **pitch):
    """Writes the latent values of each recording or preprocessed clip.

    Args:
      trained: `designs.TrainedModel` of either design.
      path: folder of recordings, one recording, or, for the published design, a folder that
        `preparation.preprocess` wrote.
      output: folder; OUTPUT/a/b.npy is of PATH/a/b.wav, float32 `[clips or frames, latent_size]`.
      **pitch: of the pitch tracker.

    Returns:
      How many could not be read; each was reported.

    Raises:
      UserError: there is nothing to encode.
    """
    if Path(path, clips.INPUTS).is_dir():
        return _encode_preprocessed(trained, Path(path), Path(output))
    failed = 0
    for file in progress(io.find_audio(path), "Encoding", "recording"):
        try:
            latent = encode(trained, file, **pitch)
        except UserError as error:
            failed += 1
            logging.error("%s", error)
            continue
        name = file.relative_to(path) if Path(path).is_dir() else Path(file.name)
        clips.write(Path(output) / name.with_suffix(".npy"), latent)
    return failed


def encode(trained, path, **pitch):
    """The latent values of a recording.

    Args:
      trained: `designs.TrainedModel`.
      path: sound file.
      **pitch: of the pitch tracker.

    Returns:
      float32 `[clips, latent_size]` by the published design, of which the last clip is left out if
      less than half of it is there; `[frames, latent_size]` by the frame-wise one.

    Raises:
      UserError: the file cannot be read.
    """
    encoder = trained.design.network.get_layer("encoder")
    if not isinstance(trained.design, designs.PictureDesign):
        return _encode_frames(trained.design, encoder, path, pitch)
    spectrogram, latent = trained.design.spectrogram, []
    for audio in io.blocks(path, spectrogram.sample_rate, spectrogram.n_samples):
        if latent and len(audio) < spectrogram.n_samples // 2:
            break
        picture = trained.design.input_of(audio, **pitch)
        latent.append(np.asarray(encoder.predict_on_batch(picture[None]))[0])
    return np.stack(latent)


def _encode_preprocessed(trained, path, output):
    design = trained.design
    if not isinstance(design, designs.PictureDesign):
        raise UserError(f"{trained.name} reads no preprocessed clips; give it recordings")
    shape, failed = design.network.input_shape[1:], 0
    encoder = design.network.get_layer("encoder")
    for name in progress(clips.names(path), "Encoding", "clip"):
        try:
            picture = clips.read(path / design.reads / f"{name}.npy", shape)
        except UserError as error:
            failed += 1
            logging.error("%s", error)
            continue
        latent = np.asarray(encoder.predict_on_batch(picture[None]))
        clips.write(output / f"{Path(name).stem}.npy", latent)
    return failed


def _encode_frames(design, encoder, path, pitch):
    features = design.features
    audio, _ = io.read(path, features.sample_rate)
    measured = features.measure(audio, **pitch)
    voiced = features.is_voiced(measured["confidence"])
    reach = context_frames(design.network, ["encoder"])
    n_frames = len(voiced)
    # Blocks of one length, for the encoder to be compiled once.
    missing = -n_frames % _FRAMES
    around = {
        key: np.pad(values, (reach, reach + missing), constant_values=silent)
        for key, values, silent in (
            ("f0_hz", measured["f0_hz"], 0.0),
            ("voiced", voiced, False),
            ("loudness_db", measured["loudness_db"], -100.0),
        )
    }
    latent = []
    for start in range(0, n_frames, _FRAMES):
        part = {key: values[start : start + _FRAMES + 2 * reach] for key, values in around.items()}
        latent.append(np.asarray(encoder.predict_on_batch(features.inputs(**part)[None]))[0])
    return np.concatenate(latent)[:n_frames]
