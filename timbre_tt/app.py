"""Opens a local page: record or upload a melody, and hear it on other instruments.

timbre-transfer-app
timbre-transfer-app --port=8000 --nobrowser

Needs Gradio (pip install 'timbre-tt[app]') and no network. Only this machine can open the page, but
with --host=0.0.0.0 whoever reaches it.
"""

import signal
import sys
import time

from absl import flags

from audio_tt.command import app

_HOST = flags.DEFINE_string("host", "127.0.0.1", "Address to serve at; 0.0.0.0 for all.")
_PORT = flags.DEFINE_integer(
    "port", None, "Port; the first free one from 7860 on by default.", 1, 65535
)
_ROOT = flags.DEFINE_string("url_prefix", None, "Path below which a proxy serves the page.")
_BROWSER = flags.DEFINE_bool("browser", True, "Open the page.")
_MINUTES = flags.DEFINE_float("max_minutes", 5.0, "Of a recording.", lower_bound=0.1)
_MEGABYTES = flags.DEFINE_float("max_megabytes", 100.0, "Of an upload.", lower_bound=0.1)
_WAITING = flags.DEFINE_integer("max_waiting", 20, "Transfers in the queue.", lower_bound=1)
_KEEP = flags.DEFINE_float("keep_minutes", 60.0, "That files of visitors stay.", lower_bound=1.0)
_TRAINING = flags.DEFINE_bool(
    "training", None, "Whether instruments can be trained; by default where only you can."
)


def main() -> int:
    """Serves until it is interrupted."""
    from timbre_tt.page import serving
    from timbre_tt.page.limits import Limits

    limits = Limits(
        megabytes=_MEGABYTES.value,
        minutes=_MINUTES.value,
        waiting=_WAITING.value,
        keep_minutes=_KEEP.value,
    )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # files go away then too
    address = serving.Address(_HOST.value, _PORT.value, _ROOT.value, _BROWSER.value)
    with serving.serving(address, limits, _workshop(address)) as url:
        print(f"The page is at {url}; Ctrl-C ends it.", flush=True)
        while True:
            time.sleep(3600)


def _workshop(address):
    wanted = address.is_private if _TRAINING.value is None else _TRAINING.value
    if not wanted:
        return None
    from timbre_tt.page.training import Workshop

    return Workshop()


def command() -> None:
    """Entry point of the console command `timbre-transfer-app`."""
    app.run(main, reads_gin=False)


if __name__ == "__main__":
    command()
