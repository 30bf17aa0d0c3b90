"""Which notes sound at once, by the network of basic-pitch, for those who have installed it.

R. Bittner et al., "A lightweight instrument-agnostic model for polyphonic note transcription and
multipitch estimation", ICASSP 2022. Its package asks for other versions than this one's, so it is
installed by itself: pip install onnxruntime; pip install --no-deps basic-pitch.
"""

import functools
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np

from audio_tt.errors import UserError
from audio_tt.pitch import note_network

_SAMPLE_RATE, _HOP_LENGTH = 22050, 256
_SIZE = 43844  # samples that the network takes at once
_OVERLAP = 30  # frames of one window and the next
_LOWEST = 21  # MIDI pitch of its first column
_MODEL = Path("saved_models", "icassp_2022", "nmp.onnx")
_NOTES = 1  # of its outputs
_EVEN = 0.35, 0.3  # likelihoods, its own and of `note_network`, that are as good


def likelihoods(audio: np.ndarray) -> np.ndarray:
    """Estimates how likely each pitch sounds, as `audio_tt.pitch.note_network.likelihoods`.

    Args:
      audio: `[samples]` at 16 kHz.

    Returns:
      float32 `[frames, 61]`, 0..1.

    Raises:
      UserError: basic-pitch or onnxruntime is not installed.
    """
    import soxr

    session = _session()
    names = session.get_inputs()[0].name, sorted(x.name for x in session.get_outputs())[_NOTES]
    n_frames = len(audio) * note_network.FRAME_RATE // note_network.SAMPLE_RATE + 1
    audio = soxr.resample(np.asarray(audio, np.float32), note_network.SAMPLE_RATE, _SAMPLE_RATE)
    lead, hop = _OVERLAP // 2, _SIZE - _OVERLAP * _HOP_LENGTH
    audio = np.pad(audio, (lead * _HOP_LENGTH, _SIZE))
    found = []
    for start in range(0, len(audio) - _SIZE + hop, hop):
        window = np.zeros((1, _SIZE, 1), np.float32)
        part = audio[start : start + _SIZE]
        window[0, : len(part), 0] = part
        (notes,) = session.run([names[1]], {names[0]: window})
        found.append(notes[0, lead:-lead])
    found = np.concatenate(found)
    times = np.arange(n_frames) / note_network.FRAME_RATE
    places = np.clip(np.rint(times * _SAMPLE_RATE / _HOP_LENGTH).astype(int), 0, len(found) - 1)
    first = note_network.LOWEST - _LOWEST
    columns = slice(first, first + note_network.HIGHEST - note_network.LOWEST + 1)
    own, same = _EVEN
    return np.interp(found[places, columns], (0.0, own, 1.0), (0.0, same, 1.0)).astype(np.float32)


@functools.cache
def _session() -> Any:
    package = importlib.util.find_spec("basic_pitch")
    try:
        import onnxruntime
    except ImportError:
        onnxruntime = None
    if package is None or onnxruntime is None:
        raise UserError(
            "basic-pitch is not installed; pip install onnxruntime, then "
            "pip install --no-deps basic-pitch"
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(Path(package.origin).parent / _MODEL, options)
