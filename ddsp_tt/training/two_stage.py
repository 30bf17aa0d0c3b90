"""The two-stage recipe: an autoencoder of the source instrument gives its encoder to the target's.

Stage 1 trains encoder and decoder on the instrument that will be played. Stage 2 freezes the
encoder and trains a new decoder on the instrument that will be heard (Guyomard 2023).
"""

from pathlib import Path

import gin
import keras
from absl import logging

from audio_tt.errors import UserError
from ddsp_tt import models
from ddsp_tt.models.tracing import build
from ddsp_tt.training import loop

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
        change_settings=change_settings,
    )
    target = _new_model(seed + 1)
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


def _new_model(seed):
    keras.utils.set_random_seed(seed)
    return build(models.get_model())
