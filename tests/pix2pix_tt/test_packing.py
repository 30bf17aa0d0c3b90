import shutil

import numpy as np
import pytest

from audio_tt.errors import UserError
from pix2pix_tt.trained import loading, packing

pytestmark = pytest.mark.usefixtures("fresh_gin")


def test_the_best_epoch_with_all_that_plays_it(conditioned_folder, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(conditioned_folder, run)
    shutil.move(run / "generator.h5", run / "generator_best.h5")
    (run / "generator.h5").write_text("the last epoch, which is not wanted")
    (run / "state.h5").write_text("nor is this")
    (run / "LRFinder_gen_mae.png").write_text("a picture")
    size = packing.pack(run, tmp_path / "packed")
    assert sorted(path.name for path in (tmp_path / "packed").iterdir()) == [
        "LRFinder_gen_mae.png",
        "README.md",
        "generator.h5",
        "operative_config.gin",
        "styles.npz",
    ]
    assert size < (run / "generator_best.h5").stat().st_size
    whole, packed = loading.load(conditioned_folder), loading.load(tmp_path / "packed")
    assert packed.features == whole.features and list(packed.styles) == list(whole.styles)
    image = np.random.default_rng(0).uniform(-1, 1, (1, 32, 32, 2)).astype("float32")
    np.testing.assert_allclose(packed.generator(image), whole.generator(image), atol=5e-3)


def test_a_run_is_not_written_over(model_folder):
    with pytest.raises(UserError, match="is the run itself"):
        packing.pack(model_folder, model_folder)
