"""Serves the page on this machine; nothing is asked of any other."""

import contextlib
import dataclasses
import ipaddress
import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from audio_tt.errors import UserError
from timbre_tt.page import limits as limits_lib
from timbre_tt.page.limits import Limits
from timbre_tt.page.places import Places

_SETTINGS = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
}


@dataclasses.dataclass(frozen=True)
class Address:
    """Where the page is served.

    Attributes:
      host: a name or address of this machine.
      port: None for the first free one from 7860 on.
      root_path: below which a proxy serves it, as "/timbre".
      in_browser: whether to open it in the user's browser.
    """

    host: str = "127.0.0.1"
    port: int | None = None
    root_path: str | None = None
    in_browser: bool = False

    @property
    def is_private(self) -> bool:
        """Whether only this machine can reach it."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


LOCAL = Address()


@contextlib.contextmanager
def serving(
    address: Address = LOCAL, limits: Limits = limits_lib.DEFAULT, training: Any = None
) -> Iterator[str]:
    """Serves the page while the block runs; its files go away with it.

    Args:
      address: where.
      limits: of what is taken.
      training: a `timbre_tt.page.training.Workshop`; None leaves training out.

    Yields:
      The page's address.

    Raises:
      UserError: Gradio is not installed, or the port is not free.
    """
    with contextlib.ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="timbre-tt-"))).resolve()
        settings = {**_SETTINGS, "GRADIO_TEMP_DIR": str(root / "cache")}
        stack.enter_context(_environment(settings))
        try:
            import gradio as gr
        except ImportError as error:
            raise UserError("the page needs Gradio: pip install 'timbre-tt[app]'") from error

        from timbre_tt.page import examples, layout
        from timbre_tt.page.transfers import Studio

        places = Places(root / "sounds", limits.keep_minutes)
        places.root.mkdir()
        stack.enter_context(_swept(places))
        page = layout.build(Studio(limits), places, training)
        page.queue(max_size=limits.waiting, default_concurrency_limit=4)
        allowed = [str(places.root), str(examples.MELODY)]
        if training is not None:
            allowed.append(str(training.root))
        try:
            _, url, _ = page.launch(
                server_name=address.host,
                server_port=address.port,
                root_path=address.root_path,
                inbrowser=address.in_browser,
                allowed_paths=allowed,
                max_file_size=round(limits.megabytes * 1e6),
                theme=_theme(gr),
                css=layout.style_sheet(),
                footer_links=["api"],
                prevent_thread_lock=True,
                quiet=True,
                show_error=True,
                share=False,
                run_history=False,
                ssr_mode=False,
                enable_monitoring=False,
                mcp_server=False,
            )
        except OSError as error:
            raise UserError(f"the page cannot be served: {error}") from error
        try:
            yield url
        finally:
            page.close(verbose=False)
            if training is not None:
                training.close()


@contextlib.contextmanager
def _swept(places):
    """Removes what is too old every minute, also where nobody comes."""
    ended = threading.Event()

    def sweep():
        while not ended.wait(60.0):
            places.sweep()

    threading.Thread(target=sweep, daemon=True).start()
    try:
        yield
    finally:
        ended.set()


@contextlib.contextmanager
def _environment(settings):
    """Variables that Gradio reads when it is imported and whenever it takes a file."""
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _theme(gr):
    """Plain, with the fonts that the machine has."""
    return gr.themes.Base(
        primary_hue="violet",
        neutral_hue="slate",
        radius_size="lg",
        font=["system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    )
