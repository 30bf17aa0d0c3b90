"""A step of style transfer at the published size: this project against the plain way.

python benchmarks/style_step.py                          a step on 10 s (431 frames), 4096 filters
python benchmarks/style_step.py --transfer               10 s, file to file
python benchmarks/style_step.py --style_minutes=1,20     peak memory by the length of the style
python benchmarks/style_step.py --content_minutes=1,5    and of the content

The plain way is the published one written down: the convolution, the whole Gram matrix, its squared
difference, the gradient of all that and Adam, eagerly; then 500 iterations of Griffin-Lim.
Where .venv-jax stands beside it, this project is measured on JAX as well.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import paired

ROOT = Path(__file__).resolve().parents[1]
JAX = ROOT / ".venv-jax" / "bin" / "python"
RATE, BINS, FILTERS, WEIGHT, LEARNING_RATE = 22050, 1025, 4096, 2500.0, 0.03
PLAIN = "plain, eager"


def make_levels(frames):
    return np.random.default_rng(0).exponential(0.3, (2, 1, frames, BINS)).astype(np.float32)


def ours(setting, frames):
    from audio_tt import settings
    from style_tt.configurables import extraction, optimisation
    from style_tt.training.objective import Objective
    from style_tt.training.statistics import StyleStatistics

    settings.parse_gin(["style/default.gin", setting])
    content, style = make_levels(frames)
    extractor = extraction.Extractor(BINS)
    statistics = StyleStatistics(extractor)
    statistics.add(style)
    objective = Objective(extractor, statistics)
    stepper = optimisation.Optimisation().steps_on(objective)
    constants = objective.constants(content)
    state = stepper.start(content)

    def step():
        nonlocal state
        state, loss = stepper.step(state, constants)
        return float(loss)

    paired.serve(step)


def plain_stepper(content, style):
    """(the spectrogram, a function that makes one step)."""
    import keras
    import tensorflow as tf

    from style_tt.models.networks import random_network

    network = random_network(BINS, filters=(FILTERS,))

    def gram(levels):
        features = network(levels)[0]
        product = tf.matmul(features, features, transpose_a=True)
        return WEIGHT / (FILTERS * features.shape[0]) * product

    target, spectrogram = gram(style), tf.Variable(content)
    optimiser = keras.optimizers.Adam(LEARNING_RATE)

    def step():
        spectrogram.assign(tf.clip_by_value(spectrogram, 0.0, 1.0))
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(gram(spectrogram) - target))
        optimiser.apply_gradients([(tape.gradient(loss, spectrogram), spectrogram)])
        return float(loss)

    return spectrogram, step


def plain(frames):
    paired.serve(plain_stepper(*make_levels(frames))[1])


def plain_transfer(folder, steps):
    import soundfile

    from audio_tt.dsp.locked_librosa import librosa

    content, style = (
        np.log1p(np.abs(librosa.stft(librosa.load(folder / f"{name}.wav", sr=RATE)[0]))).T[None]
        for name in ("content", "style")
    )
    spectrogram, step = plain_stepper(content, style)
    for _ in range(steps):
        step()
    magnitude = np.expm1(np.clip(spectrogram.numpy()[0].T, 0.0, 1.0))
    audio = librosa.griffinlim(magnitude, n_iter=500, momentum=0.0, random_state=0)
    soundfile.write(folder / "plain.wav", audio, RATE)


def write_file(path, seconds, seed):
    import soundfile

    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * RATE)) / RATE
    f0_hz = 220.0 * 2.0 ** (np.floor(2.0 * t) * (5 + seed) % 12 / 12)
    phase = 2.0 * np.pi * np.cumsum(f0_hz) / RATE
    audio = sum(np.sin(k * phase) / k ** (1 + seed) for k in range(1, 8))
    soundfile.write(path, 0.2 * audio + 0.002 * rng.normal(size=len(t)), RATE)


def transfer_command(folder, *options):
    files = [folder / "content.wav", folder / "style.wav", f"--output={folder / 'out.wav'}"]
    return ["-m", "style_tt.style_transfer", *files, "--overwrite", "--verbosity=-1", *options]


def run(command, environment=()):
    """(wall, processor seconds, peak GB) of a command."""
    script = (
        "import os, resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True,"
        "stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL);"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN); print(used.ru_maxrss / 2**20)"
    )
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    result = subprocess.run(
        [sys.executable, "-c", script, *map(str, command)],
        env={**os.environ, "PYTHONPATH": str(ROOT), **dict(environment)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, float(result.stdout)


def compare_transfers(folder, seconds, steps):
    for seed, name in enumerate(("content", "style")):
        write_file(folder / f"{name}.wav", seconds, seed)
    fixed = [f"--steps={steps}", "--gin_param=Optimisation.patience=None"]
    published = ["--gin_file=style/published.gin", *fixed]
    programs = {
        PLAIN: [Path(__file__).resolve(), "--worker=plain_transfer", folder, steps],
        "timbre-tt, published": transfer_command(folder, *published),
        "timbre-tt, default": transfer_command(folder, *fixed),
    }
    print(f"{seconds:g} s of audio, {steps} steps, file to file")
    for name, command in programs.items():
        wall, cpu, peak = run([sys.executable, *command], {"KERAS_BACKEND": "tensorflow"}.items())
        print(f"{name:24s} {wall:7.1f} s  processor {cpu:7.1f} s  peak {peak:.2f} GB", flush=True)


def compare_memory(folder, varied, minutes):
    for length in minutes:
        for seed, name in enumerate(("content", "style")):
            write_file(folder / f"{name}.wav", 60.0 * length if name == varied else 5.0, seed)
        for setting in ("default", "finite"):
            command = transfer_command(folder, f"--gin_file=style/{setting}.gin", "--steps=2")
            peak = run([sys.executable, *command])[2]
            print(f"{varied} of {length:g} minutes, {setting}: peak {peak:.2f} GB", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=431)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--transfer", action="store_true")
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--style_minutes")
    parser.add_argument("--content_minutes")
    parser.add_argument("--worker")
    parser.add_argument("rest", nargs="*")
    arguments = parser.parse_args()
    if arguments.worker == "plain_transfer":
        return plain_transfer(Path(arguments.rest[0]), int(arguments.rest[1]))
    if arguments.worker:
        is_plain = arguments.worker == "plain"
        return plain(arguments.frames) if is_plain else ours(arguments.worker, arguments.frames)
    lengths = {"style": arguments.style_minutes, "content": arguments.content_minutes}
    varied = [name for name, minutes in lengths.items() if minutes]
    if arguments.transfer or varied:
        with tempfile.TemporaryDirectory() as folder:
            if arguments.transfer:
                compare_transfers(Path(folder), 10.0, arguments.steps)
            for name in varied:
                compare_memory(Path(folder), name, map(float, lengths[name].split(",")))
        return None
    options = [Path(__file__).resolve(), f"--frames={arguments.frames}"]
    programs = {PLAIN: ([sys.executable, *options, "--worker=plain"], {})}
    backends = {"TensorFlow": sys.executable, **({"JAX": JAX} if JAX.exists() else {})}
    for backend, python in backends.items():
        environment = {"KERAS_BACKEND": backend.lower()}
        for name in ("published", "default"):
            command = [python, *options, f"--worker=style/{name}.gin"]
            programs[f"{name}, {backend}"] = (command, environment)
    figures = paired.measure(programs, arguments.repeats)
    title = f"A step on {arguments.frames} frames; published: {FILTERS} filters, default: the limit"
    return paired.report(title, figures, PLAIN)


if __name__ == "__main__":
    main()
