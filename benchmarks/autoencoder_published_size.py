"""Memory and time of the published autoencoder: 540,756,610 numbers for a clip of 2.95 s.

python benchmarks/autoencoder_published_size.py
"""

import resource
import sys
import time

from audio_tt.command import app  # noqa: F401  first, it keeps TensorFlow quiet

REPEATS = 5


def peak_gigabytes():
    """The most memory that this process has held so far."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


def main():
    """Builds it, draws a clip, and prints a line for each."""
    import keras
    import numpy as np

    from autoencoder_tt.published.models import convolutional_autoencoder
    from autoencoder_tt.published.player import draw

    print(f"{keras.backend.backend()}: {peak_gigabytes():.2f} GB before")
    start = time.perf_counter()
    network = convolutional_autoencoder()
    print(
        f"built {network.count_params():,} numbers in {time.perf_counter() - start:.1f} s: "
        f"peak {peak_gigabytes():.2f} GB"
    )
    line = np.random.default_rng(0).uniform(size=network.input_shape[1:]).astype(np.float32)
    times = []
    for _ in range(1 + REPEATS):
        start = time.perf_counter(), time.process_time()
        levels = draw(network, line)
        times.append((time.perf_counter() - start[0], time.process_time() - start[1]))
    wall, processor = (min(column) for column in zip(*times[1:], strict=True))
    print(
        f"drew a clip {levels.shape} in {wall:.2f} s ({processor:.2f} s of processor), the first "
        f"in {times[0][0]:.1f} s: peak {peak_gigabytes():.2f} GB"
    )


if __name__ == "__main__":
    main()
