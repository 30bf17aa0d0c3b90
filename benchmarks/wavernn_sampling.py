"""How fast WaveRNN plays: seconds of audio a second, of the sizes in gin/ddsp/wavernn.gin.

python benchmarks/wavernn_sampling.py --seconds=4 --repeats=5
"""

import argparse
import time

import keras
import numpy as np

from audio_tt import settings
from ddsp_tt.configurables import models
from ddsp_tt.models import wavernn_samples
from ddsp_tt.trained import loading


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    settings.parse_gin(("ddsp/wavernn.gin",))
    model = loading.build(models.get_model())
    n_frames = round(arguments.seconds * model.rates.frame_rate)
    features = {
        "f0_hz": np.full(n_frames, 440.0, "float32"),
        "loudness_db": np.full(n_frames, -20.0, "float32"),
    }
    walls, cpus = [], []
    list(wavernn_samples.generate(model, features))
    for _ in range(arguments.repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        list(wavernn_samples.generate(model, features))
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    print(
        f"{keras.backend.backend()}: {arguments.seconds:g} s of audio, minima of "
        f"{arguments.repeats}: {min(walls):.2f} s, {arguments.seconds / min(walls):.1f} times real "
        f"time; {min(cpus):.2f} processor s, {arguments.seconds / min(cpus):.1f} times"
    )


if __name__ == "__main__":
    main()
