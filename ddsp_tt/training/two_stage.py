"""The two-stage recipe: an autoencoder of the source instrument gives its encoder to the target's.

Stage 1 trains encoder and decoder on the instrument that will be played. Stage 2 freezes the
encoder and trains a new decoder on the instrument that will be heard (Guyomard 2023).
"""

from pathlib import Path

import gin
import keras
from absl import logging

from audio_tt.errors import UserError
from audio_tt.training.run_directory import RunDirectory
from ddsp_tt import models
from ddsp_tt.models.tracing import build
from ddsp_tt.trained.files import MODEL_FILE
from ddsp_tt.training import loop, warm_start

SOURCE_FOLDER = "source"


@gin.configurable(module="ddsp_tt.two_stage")
def train_two_stage(
    save_dir: str | Path,
    source_dir: str | Path,
    target_dir: str | Path,
    source_eval_dir: str | Path | None = None,
    target_eval_dir: str | Path | None = None,
    source_steps: int = 1000,
    target_steps: int = 1000,
    seed: int = 0,
    start_from: str | Path | None = None,
    change_settings: bool = False,
) -> None:
    """Trains both stages; what stands in `save_dir` already goes on from where it was.

    Leaves the source's run in `save_dir/source` and the target's, which is the model to play with,
    in `save_dir` itself; both are as `training.train` makes them.

    Args:
      save_dir: the run directory.
      source_dir: prepared examples of the instrument that will be played.
      target_dir: prepared examples of the instrument that will be heard.
      source_eval_dir: held-out examples of the source, or None.
      target_eval_dir: held-out examples of the target, or None.
      source_steps: total steps of stage 1.
      target_steps: total steps of stage 2.
      seed: of crops and initial weights.
      start_from: a model that new stages begin from, as `warm_start.find` takes it; stage 1 begins
        from its `source`, where there is one. The encoder of stage 2 is always that of stage 1.
      change_settings: of `training.train`.

    Raises:
      UserError: the model in gin has no encoder that can be frozen, or as `training.train` does.
    """
    save_dir = Path(save_dir)
    source = _new_model(seed)
    if not isinstance(source.encoder, models.CrepeEncoder):
        raise UserError("two stages need an encoder: give --gin_file=ddsp/whistle_cured.gin")
    logging.info("stage 1 of 2: encoder and decoder learn the source instrument")
    loop.train(
        source,
        save_dir / SOURCE_FOLDER,
        source_dir,
        source_eval_dir,
        num_steps=source_steps,
        seed=seed,
        start_from=None if start_from is None else find_source(start_from),
        change_settings=change_settings,
    )
    target = _new_model(seed + 1)
    if start_from is not None and not RunDirectory(save_dir).has_state:
        warm_start.begin(target, save_dir, start_from)
    target.encoder.set_weights(source.encoder.get_weights())
    target.encoder.freeze_for_target()
    logging.info("stage 2 of 2: with that encoder, a new decoder learns the target instrument")
    loop.train(
        target,
        save_dir,
        target_dir,
        target_eval_dir,
        num_steps=target_steps,
        seed=seed + 1,
        change_settings=change_settings,
    )


def find_source(start_from: str | Path) -> Path:
    """The weights that stage 1 begins from: of a model's own stage 1, or else the model's.

    Raises:
      UserError: there is no such model.
    """
    path = warm_start.find(start_from)
    own = path.parent / SOURCE_FOLDER / MODEL_FILE
    return own if own.is_file() else path


def _new_model(seed):
    keras.utils.set_random_seed(seed)
    return build(models.get_model())
