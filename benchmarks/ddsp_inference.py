"""Features -> audio with the published solo instrument: this project against ddsp 3.7.0.

Run in an environment that holds both: .venv-reference/bin/python benchmarks/ddsp_inference.py
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import paired

HOP = 64


def features(seconds):
    time = np.arange(round(seconds * 250)) / 250
    f0_hz = 440.0 * 2.0 ** (np.sin(time) / 2.0)
    loudness_db = -30.0 + 10.0 * np.sin(3.0 * time)
    return {"f0_hz": f0_hz.astype("float32"), "loudness_db": loudness_db.astype("float32")}


def ours(seconds):
    from audio_tt import settings
    from ddsp_tt.configurables import models
    from ddsp_tt.models import rendering
    from ddsp_tt.trained import loading

    settings.parse_gin(("ddsp/published.gin",))
    model = loading.build(models.get_model())
    inputs = features(seconds)

    def play():
        blocks = list(rendering.render(model, inputs))
        assert sum(len(block) for block in blocks) == len(inputs["f0_hz"]) * HOP

    paired.serve(play)


def original(seconds):
    from original import build_model

    inputs = {key: x[None] for key, x in features(seconds).items()}
    # The loudness is given to both, so neither measures it; the running phase is the default one.
    model = build_model(inputs["f0_hz"].shape[1], compute_loudness=False, angular=False)
    paired.serve(lambda: model(dict(inputs), training=False)["audio_synth"].numpy(), warm_up=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--worker", choices=("ours", "original"))
    arguments = parser.parse_args()
    if arguments.worker:
        sys.exit({"ours": ours, "original": original}[arguments.worker](arguments.seconds))
    command = [sys.executable, Path(__file__).resolve(), f"--seconds={arguments.seconds}"]
    programs = {
        "timbre-tt": ([*command, "--worker=ours"], {"KERAS_BACKEND": "tensorflow"}),
        "ddsp 3.7.0": ([*command, "--worker=original"], {}),
    }
    figures = paired.measure(programs, arguments.repeats)
    title = f"Inference, {arguments.seconds:g} s of features to audio, published size"
    paired.report(title, figures, "ddsp 3.7.0", arguments.seconds)


if __name__ == "__main__":
    main()
