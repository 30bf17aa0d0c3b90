"""Playing a recording: the frame-wise design against the published one, on one machine in turn.

python benchmarks/autoencoder_transfer.py

The peer does what the original does for each clip of 2.95 s: librosa's pYIN with its settings, the
convolutional network (of the size of published_small.gin; the published size takes longer), the
inverse transform. Weights are random, which takes as long.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import paired

RATE = 22050
PEER = "published design"


def make_audio(seconds):
    """A melody of harmonic tones, float32 [samples]."""
    t = np.arange(int(seconds * RATE)) / RATE
    hz = 440.0 * 2.0 ** (np.floor(4 * t) % 8 / 12)
    phase = 2 * np.pi * np.cumsum(hz) / RATE
    return sum(0.2 / k * np.sin(k * phase) for k in range(1, 8)).astype(np.float32)


def frame_wise(audio, method):
    from audio_tt import settings
    from autoencoder_tt.configurables import design as designs

    settings.parse_gin(("autoencoder/flute.gin",))
    statistics = {"loudness_db": -20.0, "lowest_hz": 260.0, "highest_hz": 2000.0}
    player = designs.get_design().player("random", statistics, {"method": method})
    paired.serve(lambda: player.render(audio, RATE))


def published(audio):
    from audio_tt import settings
    from audio_tt.dsp.locked_librosa import librosa
    from autoencoder_tt.configurables import design as designs
    from autoencoder_tt.published import player

    settings.parse_gin(("autoencoder/published_small.gin",))
    design = designs.get_design()
    clip_size = design.spectrogram.n_samples
    clips = [audio[i : i + clip_size] for i in range(0, len(audio), clip_size)]

    def run():
        for clip in clips:
            padded = np.pad(clip, (0, clip_size - len(clip)))
            f0_hz, _, _ = librosa.pyin(padded, fmin=65.40639, fmax=2093.0045, sr=RATE)
            player.play_clip(design.network, design.spectrogram, clip, np.nan_to_num(f0_hz)[:128])

    paired.serve(run)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=29.5)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--worker", choices=("crepe", "pyin", "yin", "published"))
    arguments = parser.parse_args()
    if arguments.worker == "published":
        published(make_audio(arguments.seconds))
        return
    if arguments.worker:
        frame_wise(make_audio(arguments.seconds), arguments.worker)
        return
    script = [sys.executable, Path(__file__).resolve(), f"--seconds={arguments.seconds}"]
    programs = {
        name: ([*script, f"--worker={worker}"], {})
        for name, worker in (
            ("frame-wise, CREPE", "crepe"),
            ("frame-wise, pYIN", "pyin"),
            ("frame-wise, YIN", "yin"),
            (PEER, "published"),
        )
    }
    figures = paired.measure(programs, arguments.repeats)
    paired.report(f"Playing {arguments.seconds:g} s", figures, PEER, arguments.seconds)


if __name__ == "__main__":
    main()
