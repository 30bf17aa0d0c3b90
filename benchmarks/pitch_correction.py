"""What `audio_tt.pitch.correction` gains on real recordings, and what it costs.

python benchmarks/pitch_correction.py --folder=solos

Each recording is tracked as it is, over a phone (300 to 3400 Hz), an octave lower (played at half
speed), and so over a phone. The truth is where CREPE and pYIN, neither corrected, agree on the
recording without the phone; recordings where they do so in less than a fifth of the frames are left
out. Figures are means over the recordings of raw pitch accuracy / raw chroma accuracy.
"""

import argparse
import time

import numpy as np
import soxr
from scipy import signal

from audio_tt.command.progress import progress
from audio_tt.files import io
from audio_tt.metrics import audio_metrics
from audio_tt.pitch import tracking
from audio_tt.pitch.correction import Correction

RATE, FRAME_RATE = 16000, 250
METHODS = ("crepe", "pyin", "yin")
SURE = 0.5  # confidence of CREPE in the truth


class Uncorrected(Correction):
    """Leaves what was tracked as it is, and does no work."""

    def push(self, audio):
        """Nothing is listened to."""

    def finish(self, f0_hz, confidence):
        """What was tracked."""
        return f0_hz, confidence


def track(audio, method, correction):
    """Pitch and confidence, and processor seconds for a second of sound."""
    tracking.Correction = correction
    begin = time.process_time()
    f0_hz, confidence = tracking.track(audio, RATE, FRAME_RATE, method)
    return f0_hz, confidence, (time.process_time() - begin) * RATE / len(audio)


def phone(audio):
    """The band of a phone."""
    band = signal.butter(6, [300, 3400], "band", fs=RATE, output="sos")
    return signal.sosfiltfilt(band, audio).astype(np.float32)


def truth(audio):
    """f0_hz `[frames]`, 0 where the trackers disagree."""
    crepe, confidence, _ = track(audio, "crepe", Uncorrected)
    pyin, _, _ = track(audio, "pyin", Uncorrected)
    with np.errstate(divide="ignore", invalid="ignore"):
        agree = np.abs(12 * np.log2(crepe / pyin)) < 0.5
    return np.where(agree & (confidence > SURE), crepe, 0.0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", required=True, help="recordings of one voice each")
    options = parser.parse_args()
    for method in METHODS:  # tables and caches are made
        track(np.ones(RATE, np.float32), method, Correction)
    found, seconds, count = {}, {}, 0
    for path in progress(io.find_audio([options.folder]), "Tracking", "file"):
        audio = io.read(path, RATE)[0]
        for kind, clean in (("as it is", audio), ("octave lower", soxr.resample(audio, 1, 2))):
            f0_hz = truth(clean)
            if np.mean(f0_hz > 0) < 0.2:
                continue
            count += kind == "as it is"
            for name, heard in ((kind, clean), (f"{kind}, phone", phone(clean))):
                for method in METHODS:
                    for correction in (Uncorrected, Correction):
                        estimate, _, cost = track(heard, method, correction)
                        seconds.setdefault((method, correction), []).append(cost)
                        found.setdefault((name, method, correction), []).append(
                            (
                                audio_metrics.raw_pitch_accuracy(f0_hz, estimate),
                                audio_metrics.raw_chroma_accuracy(f0_hz, estimate),
                            )
                        )
    print(f"{count} recordings; tracker alone -> corrected")
    for name in dict.fromkeys(name for name, _, _ in found):
        for method in METHODS:
            figures = [np.mean(found[name, method, c], axis=0) for c in (Uncorrected, Correction)]
            print(
                f"{name:20s} {method:6s}",
                " -> ".join("{:.3f} / {:.3f}".format(*f) for f in figures),
            )
    for method in METHODS:
        alone, corrected = (np.median(seconds[method, c]) for c in (Uncorrected, Correction))
        print(f"{method:6s} processor seconds a second: {alone:.4f} -> {corrected:.4f}")


if __name__ == "__main__":
    main()
