"""Audio or preprocessed clips in, audio out, by a model of the published design.

What is drawn has the phase of the input, and the scale of the input's own levels.
"""

from pathlib import Path

import numpy as np
from absl import logging

from audio_tt.errors import UserError
from audio_tt.pitch.polyphony import warn_if_polyphonic
from autoencoder_tt.published import clips
from autoencoder_tt.published.features import Range

OVERLAP = 8192  # samples over which a clip fades into the next


def draw(network, line):
    """Draws the levels of a clip.

    Args:
      network: `keras.Model` of the published design.
      line: `[bins, frames, 2]` in 0..1.

    Returns:
      float32 `[bins, frames]` in 0..1.
    """
    return np.asarray(network.predict_on_batch(line[None]))[0, ..., 0]


def play_clip(network, spectrogram, audio, f0_hz):
    """Plays one clip.

    Args:
      network: `keras.Model` of the published design.
      spectrogram: `features.ClipSpectrogram`.
      audio: float32 `[samples]`, at most `n_samples`.
      f0_hz: its pitch, see `ClipSpectrogram.pitch`.

    Returns:
      float32 `[n_samples]`; silence where the clip has no pitch.
    """
    if not f0_hz.any():
        return np.zeros(spectrogram.n_samples, np.float32)
    picture = spectrogram.analyse(audio)
    scale = Range.of(picture)
    level_db = scale.unscale(draw(network, scale.scale(spectrogram.draw_pitch(picture, f0_hz))))
    return spectrogram.synthesise(np.stack([level_db, picture[..., 1]], axis=-1))


def play(network, spectrogram, blocks, name, **pitch):
    """Plays a recording of any length, clip after clip, each fading into the next.

    The original plays the first clip alone. A recording without pitch becomes silence, with a
    warning; a polyphonic one is played, with a warning.

    Args:
      network: `keras.Model` of the published design.
      spectrogram: `features.ClipSpectrogram`.
      blocks: iterable of float32 `[samples]` at the spectrogram's sample rate.
      name: of the recording, for the warnings.
      **pitch: of `ClipSpectrogram.pitch`.

    Yields:
      float32 `[samples]`; together as many as came in.
    """
    rising = np.linspace(0.0, 1.0, OVERLAP, dtype=np.float32)
    fading = np.zeros(0, np.float32)  # what the clip before plays where this one begins
    is_pitched = False
    for audio, is_last in _clips_of(blocks, spectrogram.n_samples):
        f0_hz = spectrogram.pitch(audio, **pitch)
        if f0_hz.any() and not is_pitched:
            warn_if_polyphonic(audio, spectrogram.sample_rate, name)
            is_pitched = True
        played = play_clip(network, spectrogram, audio, f0_hz)[: len(audio)]
        shared = len(fading)
        played[:shared] = fading + rising[:shared] * (played[:shared] - fading)
        done = len(played) if is_last else len(played) - OVERLAP
        fading = played[done:]
        yield played[:done]
    if not is_pitched:
        logging.warning("%s: no pitch was found in it, so the output is silence", name)


def _clips_of(blocks, n_samples):
    """Yields (audio, whether it is the last clip); each begins `OVERLAP` before the end of one."""
    held = np.zeros(0, np.float32)
    for block in blocks:
        held = np.concatenate([held, block])
        while len(held) > n_samples:
            yield held[:n_samples], False
            held = held[n_samples - OVERLAP :]
    yield held, True


def check(trained):
    """Checks that a model of the published design plays.

    Raises:
      UserError: it reads sound, not pitch.
    """
    if trained.design.reads != clips.INPUTS:
        raise UserError(f"{trained.name} reads sound and not pitch: it encodes, and plays nothing")


def play_preprocessed(trained, path):
    """Plays a clip that is preprocessed already.

    Args:
      trained: `designs.TrainedModel` of the published design.
      path: FOLDER/f0_spectrograms/NAME.npy or FOLDER/spectrograms/NAME.npy; both are needed, and
        FOLDER/min_max_values.pkl.

    Returns:
      (original, generated, sample rate in Hz), the first two float32 `[n_samples]`.

    Raises:
      UserError: a file is missing or is not what it should be, or the model is of another kind.
    """
    spectrogram = getattr(trained.design, "spectrogram", None)
    if spectrogram is None:
        raise UserError(f"{trained.name} plays no preprocessed clips; give it a recording")
    check(trained)
    folder, name = Path(path).parent.parent, Path(path).name.removesuffix(".npy")
    ranges = clips.read_ranges(folder)
    if name not in ranges:
        raise UserError(f"{folder / clips.RANGES_FILE} does not know {name}; preprocess it again")
    shape = (spectrogram.n_bins, spectrogram.n_frames, 2)
    line, target = (
        clips.read(folder / part / f"{name}.npy", shape) for part in (clips.INPUTS, clips.TARGETS)
    )
    drawn = np.stack([draw(trained.design.network, line), line[..., 1]], axis=-1)
    original, generated = (
        spectrogram.synthesise(ranges[name].unscale(picture)) for picture in (target, drawn)
    )
    return original, generated, spectrogram.sample_rate
