"""The flags of every training that goes by epochs, which its command adopts as key flags."""

from absl import flags

from audio_tt.training import holding_out

_EPOCHS = flags.DEFINE_integer("epochs", None, "Total number of epochs.", lower_bound=1)
_BATCH = flags.DEFINE_integer("batch_size", None, "Examples a batch.", lower_bound=1)
_SPLIT = flags.DEFINE_float(
    "validation_split",
    None,
    "Share held out; above 0.5 it is the share to train on.",
    lower_bound=0.0,
    upper_bound=1.0,
)


def epochs() -> int | None:
    """How many in total; None leaves it to gin."""
    return _EPOCHS.value


def data_options() -> dict[str, int | float | None]:
    """The settings of the data that the flags say; None leaves one to gin."""
    return {"batch_size": _BATCH.value, "validation_split": holding_out.share_of(_SPLIT.value)}
