"""Trains the network of audio_tt.pitch.note_network on SoundFont performances with known notes.

KERAS_BACKEND=jax python -m tools.train_note_network --soundfont=FluidR3_GM.sf2

Random music of one to five voices, on whatever sustains or dies away, in rooms, with noise.
"""

from pathlib import Path

import numpy as np
from absl import flags, logging

from audio_tt.command import app, path_flags
from audio_tt.command.progress import progress
from audio_tt.files.atomic import replacing
from audio_tt.music.effects import Surroundings, add_noise
from audio_tt.music.instruments import SoundFontInstrument
from audio_tt.music.notes import Note
from audio_tt.pitch import note_network

_SOUNDFONT = path_flags.DEFINE_path("soundfont", None, "SoundFont that plays.")
_PIECES = flags.DEFINE_integer("pieces", 120, "Pieces to train on, 45 s each.")
_STEPS = flags.DEFINE_integer("steps", 9000, "Training steps.")
_SEED = flags.DEFINE_integer("seed", 0, "Of all chance.")
_OUTPUT = path_flags.DEFINE_path("output", str(note_network.WEIGHTS), "File to write.")

SECONDS = 45.0
HIDDEN = (96, 48)
_KEYS_AND_PLUCKED = (0, 1, 2, 4, 5, 6, 8, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 45, 46, 104)
_SUSTAINED = (16, 18, 19, 20, 21, 22, 40, 41, 42, 44, 48, 49, 50, 52, 53, 56, 57, 58, 59, 60, 61)
_SUSTAINED += (64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 79, 80, 81, 88, 89)
_SCALE = (0, 2, 4, 5, 7, 9, 11)
_BATCH = 64  # frames
_RATE = 2e-3  # of learning


def random_voice(
    rng: np.random.Generator, rhythm: np.random.Generator, tonic: int, low: int
) -> list[Note]:
    """Notes of a voice that walks about in the major scale on `tonic`, over 18 semitones."""
    scale = [p for p in range(low, low + 19) if (p - tonic) % 12 in _SCALE]
    place, time, notes = int(rng.integers(len(scale))), float(rhythm.uniform(0.0, 1.0)), []
    unit, held = rhythm.choice([0.15, 0.25, 0.4, 0.6]), rhythm.uniform(0.5, 1.0)
    while time < SECONDS - 1.0:
        length = float(unit * rhythm.choice([1, 1, 2, 2, 3, 4]))
        place = int(np.clip(place + rng.integers(-4, 5), 0, len(scale) - 1))
        pitch = scale[place] + int(rng.random() < 0.1)
        if rng.random() < 0.9:
            notes.append(Note(pitch, int(rng.integers(40, 120)), time, time + length * held))
        time += length
    return notes


def make_piece(job: tuple[str, tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    """Spectra and notes of a piece: `[windows, frames, steps]`, bool `[frames, pitches]`."""
    font, seed = job
    rng = np.random.default_rng(seed)
    count = int(rng.choice([1, 2, 3, 4, 5], p=[0.1, 0.2, 0.25, 0.3, 0.15]))
    sustained = rng.random() < 0.55
    programs = rng.choice(_SUSTAINED if sustained else _KEYS_AND_PLUCKED, count)
    if rng.random() < 0.6:
        programs[:] = programs[0]
    rate, audio = note_network.SAMPLE_RATE, 0.0
    roll = np.zeros((int(SECONDS * note_network.FRAME_RATE) + 1, 128), bool)
    by_program, in_step = {}, rng.random() < 0.6
    for index, program in enumerate(programs):
        tonic, low = seed[-1] % 12, int(rng.integers(note_network.LOWEST, 78))
        rhythm = np.random.default_rng((*seed, 0 if in_step else index))
        voice = random_voice(rng, rhythm, tonic, low)
        by_program.setdefault(int(program), []).append(voice)
    for program, voices in by_program.items():
        notes = sorted((n for voice in voices for n in voice), key=lambda n: (n.start, n.pitch))
        sound = SoundFontInstrument(program, font).render(notes, rate)
        sound = np.pad(sound, (0, int(SECONDS * rate)))[: int(SECONDS * rate)]
        audio = audio + sound * 10 ** rng.uniform(-0.4, 0.0) / max(np.abs(sound).max(), 1e-6)
        for n in notes:
            first, last = (int(np.ceil(t * note_network.FRAME_RATE)) for t in (n.start, n.end))
            roll[first:last, n.pitch] = True
    audio = Surroundings(reverb=0.4).place(audio, rate, rng)
    audio = add_noise(audio, rng.uniform(-70.0, -35.0), rng).astype(np.float32)
    pitches = slice(note_network.LOWEST, note_network.HIGHEST + 1)
    spectra = note_network.spectra_of(audio)[:, : len(roll)]
    return spectra.astype(np.float16), roll[: spectra.shape[1], pitches]


def train(pieces: list, steps: int, seed: int) -> list:
    """Adam on the cross-entropy; returns kernels and biases."""
    import jax
    import jax.numpy as jnp

    rng = np.random.default_rng(seed)
    spectra = np.concatenate([x for x, _ in pieces], axis=1)
    roll = np.concatenate([y for _, y in pieces])
    n_inputs = note_network.surroundings(np, spectra, np.arange(1)).shape[-1]
    sizes = (n_inputs, *HIDDEN, 1)
    weights = [
        (rng.normal(0.0, np.sqrt(2.0 / a), (a, b)).astype(np.float32), np.zeros(b, np.float32))
        for a, b in zip(sizes, sizes[1:], strict=False)
    ]

    def loss(weights, inputs, target):
        logits = note_network.apply(jnp, weights, inputs)
        losses = jnp.maximum(logits, 0.0) - logits * target + jnp.log1p(jnp.exp(-jnp.abs(logits)))
        return losses.mean()

    @jax.jit
    def step(weights, moments, inputs, target, number, rate):
        value, gradient = jax.value_and_grad(loss)(weights, inputs, target)
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, moments[0], gradient)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, moments[1], gradient)
        scale = rate * jnp.sqrt(1.0 - 0.999**number) / (1.0 - 0.9**number)
        weights = jax.tree.map(
            lambda w, m, v: w - scale * m / (jnp.sqrt(v) + 1e-8), weights, first, second
        )
        return weights, (first, second), value

    moments = tuple(jax.tree.map(jnp.zeros_like, weights) for _ in range(2))
    losses = []
    for number in progress(range(1, steps + 1), "training", "step"):
        frames = rng.integers(0, len(roll), _BATCH)
        inputs = note_network.surroundings(np, spectra, frames).astype(np.float32)
        target = roll[frames].astype(np.float32)
        rate = _RATE * 0.5 * (1.0 + np.cos(np.pi * number / steps))
        weights, moments, value = step(weights, moments, inputs, target, number, rate)
        losses.append(float(value))
        if number % 250 == 0:
            logging.info("step %d: %.4f", number, np.mean(losses[-250:]))
    return jax.tree.map(np.asarray, weights)


def main() -> None:
    """Renders, trains, writes."""
    jobs = [(_SOUNDFONT.value, (_SEED.value, number)) for number in range(_PIECES.value)]
    pieces = [piece for piece in progress(map(make_piece, jobs), "rendering", "piece")]
    weights = train(pieces, _STEPS.value, _SEED.value)
    arrays = {f"kernel{i}": kernel for i, (kernel, _) in enumerate(weights)}
    arrays |= {f"bias{i}": bias for i, (_, bias) in enumerate(weights)}
    with replacing(Path(_OUTPUT.value)) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, **{name: x.astype(np.float16) for name, x in arrays.items()})


if __name__ == "__main__":
    app.run(main)
