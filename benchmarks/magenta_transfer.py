"""A sound file to a sound file by the original ddsp 3.7.0, for `cold_start.py`.

What its timbre transfer notebook does, without the notebook: pitch by the network as crepe 0.0.12
runs it (`crepe_speed.py`; tiny, where the original takes full), loudness, and the solo instrument
of the published size. The weights are random, which costs the same.

.venv-reference/bin/python benchmarks/magenta_transfer.py in.wav out.wav
"""

import sys

from original import build_model, ddsp  # isort: skip

import numpy as np
import soundfile
from crepe_speed import build_peer, run_peer

HOP = 64


def main(source, target):
    audio, rate = soundfile.read(source, dtype="float32")
    assert rate == 16000
    n_frames = len(audio) // HOP
    f0_hz, _ = run_peer(build_peer("tiny"), audio)
    loudness_db = ddsp.spectral_ops.compute_loudness(audio, 16000, 250)
    features = {
        "audio": audio[None, : n_frames * HOP],
        "f0_hz": np.asarray(f0_hz, "float32")[None, :n_frames],
        "loudness_db": np.asarray(loudness_db, "float32")[None, :n_frames],
    }
    model = build_model(n_frames, compute_loudness=False, angular=False)
    outputs = model(features, training=False)
    soundfile.write(target, outputs["audio_synth"].numpy()[0], 16000)


if __name__ == "__main__":
    main(*sys.argv[1:])
