"""A recording through the published generator, from its weights to the written file.

The original runs on TensorFlow 2.0 only. The peer is its way written down for today's Keras: the
network is built with random values before its weights are read, all slices go through it layer by
layer in one batch, and the recording is transformed as a whole.

Run: .venv/bin/python benchmarks/pix2pix_transfer.py
With --minutes=1,10 it measures instead how the memory of a whole command grows with the length.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import paired

RATE = 44100
PUBLISHED = "pix2pix/published.gin"


def make_files(folder, seconds):
    """Makes a recording of chords, and weights of the published size.

    In a process of its own, since the peak memory of those that are started later would not be less
    than this one's.
    """
    subprocess.run(
        [sys.executable, Path(__file__).resolve(), f"--seconds={seconds}"]
        + ["--worker", "files", str(folder)],
        check=True,
    )


def write_files(folder, seconds):
    import keras
    import soundfile

    from audio_tt.models import weights
    from pix2pix_tt import models

    time = np.arange(round(seconds * RATE)) / RATE
    audio = sum(np.sin(2 * np.pi * f * time) for f in (220.0, 277.2, 329.6)) * np.exp(-time % 1)
    soundfile.write(folder / "in.wav", 0.3 * audio, RATE)
    if not (folder / "generator.h5").exists():
        keras.utils.set_random_seed(0)
        weights.save_weights(models.unet_generator(), folder / "generator.h5")


def ours(folder, published):
    from audio_tt.playing.conversion import Job, Output, convert
    from pix2pix_tt.playing import player
    from pix2pix_tt.playing.published import applied
    from pix2pix_tt.trained import loading

    gin_files = [PUBLISHED] if published else []
    output = applied(Output(sample_rate=0), loading.read_playing(gin_files).transfer)
    job = Job(folder / "in.wav", folder / f"ours_{published}.wav")

    def play():
        weights = folder / "generator.h5"
        convert(job, player.load(weights, whole_hops=published, gin_files=gin_files), output)

    paired.serve(play, warm_up=1)


def eager(folder):
    import soundfile

    from audio_tt.dsp.locked_librosa import librosa
    from pix2pix_tt import models
    from pix2pix_tt.features import SliceSpectrogram

    def play():
        generator = models.unet_generator()
        generator.load_weights(folder / "generator.h5")
        audio, _ = librosa.load(folder / "in.wav", sr=RATE)
        features = SliceSpectrogram()
        slices, phase = features.encode(audio)
        output = features.decode(np.asarray(generator(slices, training=False)), phase)
        output = librosa.util.normalize(output)
        soundfile.write(folder / "eager.wav", output, RATE, "FLOAT")

    paired.serve(play, warm_up=1)


WORKERS = {
    "timbre-tt": lambda folder: ours(folder, published=False),
    "timbre-tt, published": lambda folder: ours(folder, published=True),
    "eager, as the original": eager,
}


def memory(folder, minutes):
    """Prints the peak memory of the command for recordings of some lengths."""
    for length in minutes:
        make_files(folder, 60.0 * length)
        code = (
            "import resource, sys; from audio_tt.command import app\n"
            "from pix2pix_tt import predict\n"
            "try: app.run(predict.main)\n"
            "finally: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)"
        )
        model = f"--model={folder / 'generator.h5'}"
        files = [f"--input={folder / 'in.wav'}", f"--output={folder / 'out.wav'}"]
        peak = subprocess.run(
            [sys.executable, "-c", code, model, *files, "--overwrite", "--verbosity=-1"],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout
        print(f"{length:g} minutes: {float(peak):.2f} GB", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--minutes", default="")
    parser.add_argument("--worker", nargs=2)
    arguments = parser.parse_args()
    if arguments.worker:
        name, folder = arguments.worker
        if name == "files":
            return write_files(Path(folder), arguments.seconds)
        return WORKERS[name](Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        if arguments.minutes:
            return memory(Path(folder), map(float, arguments.minutes.split(",")))
        make_files(Path(folder), arguments.seconds)
        command = [sys.executable, Path(__file__).resolve(), "--worker"]
        programs = {name: ([*command, name, folder], {}) for name in WORKERS}
        figures = paired.measure(programs, arguments.repeats)
    title = f"{arguments.seconds:g} s of audio through the published generator, files to file"
    paired.report(title, figures, "eager, as the original", arguments.seconds)


if __name__ == "__main__":
    main()
