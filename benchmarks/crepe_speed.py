"""CREPE: ours against the network as crepe 0.0.12 runs it, both measured here, in turns.

The peer is crepe 0.0.12's computation in this environment's Keras: convolutions in two dimensions
([width, 1] kernels on [1024, 1, 1] frames), `model.predict` in batches of 32, then Viterbi over
dense 360 x 360 matrices (`librosa.sequence.viterbi`) with the original's probabilities. It is not
the crepe package itself, whose build fails with today's setuptools.

    python benchmarks/crepe_speed.py --seconds 10 --capacity tiny --repeats 3
"""

import argparse
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from audio_tt.dsp.locked_librosa import librosa
from audio_tt.pitch import crepe, tracking, viterbi

HOP_LENGTH = 64


def build_peer(capacity):
    import keras
    from keras import layers

    tensors = crepe.read(crepe.find_weights(capacity), capacity)
    stack = [keras.Input((1024,)), layers.Reshape((1024, 1, 1))]
    for i in range(1, 7):
        width, _, filters = tensors[f"conv{i}/kernel"].shape
        stride = (4 if i == 1 else 1, 1)
        stack += [
            layers.Conv2D(filters, (width, 1), stride, padding="same", activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling2D((2, 1), padding="valid"),
            layers.Dropout(0.25),
        ]
    stack += [layers.Permute((2, 1, 3)), layers.Flatten(), layers.Dense(360, activation="sigmoid")]
    model = keras.Sequential(stack)
    values = [v[:, None] if v.ndim == 3 else v for v in tensors.values()]
    model.set_weights(values)
    return model


def run_peer(model, audio):
    frames, _ = crepe.normalise(crepe.frames(audio, HOP_LENGTH))
    activations = model.predict(frames, batch_size=32, verbose=0)
    observed = viterbi.emission()[:, activations.argmax(axis=1)]
    start = np.full(360, 1 / 360)
    path = librosa.sequence.viterbi(observed, viterbi.transition(), p_init=start)
    f0_hz = crepe.to_f0(crepe.weighted_average(activations, path))
    return f0_hz, activations.max(axis=1)


def measure(function):
    wall, cpu = time.perf_counter(), time.process_time()
    result = function()
    return result, time.perf_counter() - wall, time.process_time() - cpu


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--capacity", choices=list(crepe.CAPACITIES), default="tiny")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()

    time_s = np.arange(int(options.seconds * 16000)) / 16000
    f0_hz = 300 * 2 ** (np.sin(2 * np.pi * 0.3 * time_s) / 2)
    phase = np.cumsum(2 * np.pi * f0_hz / 16000)
    audio = sum(0.2 / k * np.sin(k * phase) for k in range(1, 8)).astype(np.float32)
    model = build_peer(options.capacity)
    systems = {
        "ours": lambda: tracking.track(audio, crepe_capacity=options.capacity),
        "peer": lambda: run_peer(model, audio),
    }
    short = audio[:16000]
    tracking.track(short, crepe_capacity=options.capacity)
    run_peer(model, short)
    times = {name: [] for name in systems}
    found = {}
    for _ in range(options.repeats):
        for name, function in systems.items():
            found[name], *spent = measure(function)
            times[name].append(spent)
    best = {name: np.min(rows, axis=0) for name, rows in times.items()}
    cents = 1200 * np.abs(np.log2(found["ours"][0] / found["peer"][0])).max()
    print(f"CREPE {options.capacity}, {options.seconds:g} s at 250 frames/s, minima of the runs")
    for name, (wall, cpu) in best.items():
        print(f"{name}: {wall:.2f} s wall, {cpu:.2f} s of processor")
    wall, cpu = best["peer"] / best["ours"]
    print(
        f"ratio peer / ours: {wall:.1f} wall, {cpu:.1f} processor; f0 differs by {cents:.4f} cents"
    )


if __name__ == "__main__":
    main()
