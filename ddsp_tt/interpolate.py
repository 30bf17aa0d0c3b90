"""Moves loudness, pitch and z from one recording to another, and measures whether they arrive.

python -m ddsp_tt.interpolate --model=runs/mine --source=one.wav --target=another.wav \\
    --output_dir=between

One feature at a time is a mixture of the two recordings', the others stay the source's. Writes
every mixture as a sound file, the curves of what was asked for and what came out, and
interpolation.csv and .json; prints the table.
"""

from pathlib import Path

from absl import flags

from audio_tt.command import app, ending, gin_flags, path_flags, pitch_flags
from audio_tt.errors import UserError
from audio_tt.files import batches, io
from ddsp_tt import tracker_flags

_MODEL = path_flags.DEFINE_path("model", None, "Folder of the trained model.", required=True)
_SOURCE = path_flags.DEFINE_paths("source", None, "Recordings to start from.", required=True)
_TARGET = path_flags.DEFINE_paths("target", None, "Recordings to go to, one each.", required=True)
_WEIGHTS = flags.DEFINE_list("weights", "0.25,0.5,0.75,1", "Shares of the target, 0 to 1.")
_OUTPUT = path_flags.DEFINE_path("output_dir", None, "Folder for what is written.", required=True)
_SEED = flags.DEFINE_integer("seed", 0, "Seed of the noise.", lower_bound=0)
flags.adopt_module_key_flags(pitch_flags)
flags.adopt_module_key_flags(tracker_flags)


def main() -> None:
    """All pairs, tasks and weights."""
    weights = _checked_weights()
    if len(_SOURCE.value) != len(_TARGET.value):
        raise UserError(
            f"{len(_SOURCE.value)} --source but {len(_TARGET.value)} --target: give one for each"
        )
    sources, targets = (list(map(Path, flag.value)) for flag in (_SOURCE, _TARGET))
    names = batches.names(sources + targets)
    for path in names:
        io.info(path)

    from ddsp_tt.evaluation import interpolation, tables
    from ddsp_tt.trained import loading

    trained = loading.load(_MODEL.value, **gin_flags.given(), evaluating=True)
    tracker = tracker_flags.tracker()
    tasks = interpolation.tasks_of(trained.model)
    jobs = [
        (task, weight)
        for task in tasks
        for weight in (weights if task != interpolation.RECONSTRUCTION else [0.0])
    ]
    rows = []
    with app.progress(len(jobs) * len(sources), "Interpolating", "mixture") as bar:
        for paths in zip(sources, targets, strict=True):
            pair = [_measure(trained, path) for path in paths]
            name = "_to_".join(names[path] for path in paths)
            for task, weight in jobs:
                wanted = interpolation.mix(*pair, task, weight)
                window, figures = interpolation.play(trained, wanted, tracker, _SEED.value)
                stem = Path(_OUTPUT.value) / f"{name}_{task}_{weight:g}"
                tables.write_mixture(window, stem)
                rows.append({"pair": name, "task": task, "weight": weight, **figures})
                bar.update(1)
    summary = interpolation.summarise(rows)
    print(tables.as_markdown(summary, "task"))
    print(tables.judge(tracker))
    how = tables.describe(trained, tracker)
    content = {"settings": how, "tasks": summary, "mixtures": rows}
    tables.save_rows(rows, content, _OUTPUT.value, "interpolation")
    ending.say_written(_OUTPUT.value)


def _checked_weights():
    try:
        weights = [float(weight) for weight in _WEIGHTS.value]
    except ValueError as error:
        raise UserError(f"--weights={','.join(_WEIGHTS.value)}: not numbers") from error
    if not weights or not all(0.0 <= weight <= 1.0 for weight in weights):
        raise UserError(f"--weights={','.join(_WEIGHTS.value)}: each must be from 0 to 1")
    return weights


def _measure(trained, path):
    from audio_tt.pitch import polyphony
    from ddsp_tt.evaluation import interpolation

    audio, _ = io.read(path, trained.model.rates.sample_rate)
    polyphony.warn_if_polyphonic(audio, trained.model.rates.sample_rate, path)
    return interpolation.measure(trained, audio, **pitch_flags.options())


if __name__ == "__main__":
    app.run(main)
