"""Trains variations of settings and sets them side by side in one table.

python -m timbre_tt.experiments 'ddsp/ablations/*.gin' --runs=runs/ablations \\
    -- --data_dir=data/mine --eval_data_dir=data/mine_held_out

What stands behind -- goes to each training. The same command goes on after a stop.
"""

from absl import flags, logging

from audio_tt.command import app, ending, gin_flags, path_flags
from audio_tt.errors import UserError

_RUNS = path_flags.DEFINE_path(
    "runs", None, "Folder for the run directories and the table.", required=True
)
_JOBS = flags.DEFINE_integer("jobs", 1, "How many trainings at once.", lower_bound=1)


def main(*words: str) -> int:
    """Trains all, measures all, writes the table."""
    from timbre_tt.variations import launching, summary

    files = [word for word in words if word.endswith(".gin")]
    if not files:
        raise UserError("name gin files, such as ddsp/ablations/noise.gin")
    variations = launching.find(files, _RUNS.value)
    problems = launching.train(variations, [*_passed_on(), *words[len(files) :]], _JOBS.value)
    for variation, problem in problems.items():
        logging.error("%s: %s (%s)", variation.name, problem, variation.log)
    if len(problems) < len(variations):
        print(summary.write(variations, _RUNS.value))
        ending.say_written(_RUNS.value)
    return 1 if problems else 0


def _passed_on():
    """The flags of every command that are each training's as well."""
    words = [f"--gin_file={name}" for name in gin_flags.files()]
    words += [f"--gin_param={parameter}" for parameter in gin_flags.parameters()]
    return words + ([f"--gpu={flags.FLAGS.gpu}"] if flags.FLAGS.gpu is not None else [])


if __name__ == "__main__":
    app.run(main, positional="FILE...")
