"""Trains whistle to trumpet, or any such pair: an encoder of one, a decoder of the other.

python -m ddsp_tt.train_two_stage --source_dir=whistling --target_dir=trumpet --name=my_trumpet

Each folder holds recordings, which are prepared first, examples that are prepared already, or (with
--source_urmp or --target_urmp) the URMP data set. The same command goes on after a stop. Settings:
gin/ddsp/whistle_cured.gin; with --gin_file=ddsp/whistle_published.gin the model as published.
"""

from pathlib import Path

from absl import flags

from audio_tt.command import (
    app,
    change_flags,
    name_flags,
    parallel_flags,
    path_flags,
    pitch_flags,
)
from audio_tt.errors import UserError

_SOURCE = path_flags.DEFINE_path("source_dir", None, "Of the instrument you play.", required=True)
_TARGET = path_flags.DEFINE_path("target_dir", None, "Of the one to be heard.", required=True)
_SOURCE_EVAL = path_flags.DEFINE_path("source_eval_dir", None, "Held out, of the one you play.")
_TARGET_EVAL = path_flags.DEFINE_path("target_eval_dir", None, "Held out, of the one to be heard.")
_RUNS = path_flags.DEFINE_path("runs_dir", "runs", "Folder for the runs, the model in one of them.")
_SOURCE_URMP = flags.DEFINE_string(
    "source_urmp", None, "Take this instrument's tracks of URMP, which the source's folders hold."
)
_TARGET_URMP = flags.DEFINE_string(
    "target_urmp", None, "Take this instrument's tracks of URMP, which the target's folders hold."
)
_NORMALIZE = flags.DEFINE_bool("normalize", False, "Bring the peak of each recording to 0.99.")
_CUT = flags.DEFINE_bool("cut_silence", True, "Leave out silences longer than a second.")
_SEED = flags.DEFINE_integer("seed", None, "Seed of crops and initial weights.")
_START = path_flags.DEFINE_path(
    "start_from",
    None,
    "Begin both stages from a model, as far as its weights fit: an instrument, a folder or a .h5 "
    "file. Of one that was trained like this, each stage begins from its own.",
)
flags.adopt_module_key_flags(change_flags)
flags.adopt_module_key_flags(name_flags)
flags.mark_flag_as_required("name")
flags.adopt_module_key_flags(pitch_flags)
flags.adopt_module_key_flags(parallel_flags)


def main() -> int:
    """Prepares what is not prepared, then trains both stages."""
    from audio_tt.training import run_settings
    from audio_tt.training.run_directory import GIN_FILE
    from ddsp_tt.configurables import two_stage
    from ddsp_tt.data import preparation
    from ddsp_tt.data.cleaning import Cleaning
    from ddsp_tt.trained import catalogue, packing

    run_dir = Path(_RUNS.value) / flags.FLAGS.name
    name_flags.check(catalogue.MODELS, run_dir)
    places = [run_dir, run_dir / two_stage.SOURCE_FOLDER]
    if _START.value is not None:
        source = two_stage.find_source(_START.value).parent
        places += [source] if source.name == two_stage.SOURCE_FOLDER else []
    begun = next((place for place in places if (place / GIN_FILE).is_file()), run_dir)
    app.parse_gin(run_settings.files(begun, ("ddsp/whistle_cured.gin",)))
    app.bind("train_two_stage.seed", _SEED.value)

    def prepared(flag, urmp_instrument):
        return preparation.prepared_folder(
            flag.value,
            run_dir / "data" / flag.name.removesuffix("_dir"),
            urmp_instrument,
            cleaning=Cleaning(_NORMALIZE.value, _CUT.value),
            run=parallel_flags.runner(run_dir),
            **pitch_flags.options(),
        )

    sets = ((_SOURCE, _SOURCE_URMP), (_TARGET, _TARGET_URMP))
    sets += ((_SOURCE_EVAL, _SOURCE_URMP), (_TARGET_EVAL, _TARGET_URMP))
    for flag, _ in sets:
        if flag.value is not None and not Path(flag.value).is_dir():
            raise UserError(f"--{flag.name}={flag.value}: no such folder")
    folders, statuses = zip(*(prepared(flag, urmp.value) for flag, urmp in sets), strict=True)
    two_stage.train_two_stage(
        run_dir, *folders, start_from=_START.value, change_settings=change_flags.allowed()
    )
    name_flags.finish(catalogue.MODELS, run_dir, packing.export)
    return max(statuses)


if __name__ == "__main__":
    app.run(main)
