"""Figures for TensorBoard, written without TensorFlow; none where it is not installed."""

import os
import socket
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path


class EventWriter:
    """Writes scalars to one event file in a folder, opened when the first arrives.

    The first event asks TensorBoard to forget what earlier files hold from its step on, so that a
    resumed run shows one curve.
    """

    def __init__(self, folder: str | os.PathLike):
        self._folder = Path(folder)
        self._file = None
        self._writer = None

    def write(self, step: int, figures: Mapping[str, float]) -> None:
        """Writes the figures of one step, by name."""
        if find_spec("tensorboard") is None:
            return
        from tensorboard.compat.proto import event_pb2, summary_pb2

        if self._writer is None:
            self._open()
            self._add(event_pb2.Event(file_version="brain.Event:2"))
            start = event_pb2.SessionLog(status=event_pb2.SessionLog.START)
            self._add(event_pb2.Event(step=step, session_log=start))
        values = [
            summary_pb2.Summary.Value(tag=name, simple_value=float(value))
            for name, value in figures.items()
        ]
        self._add(event_pb2.Event(step=step, summary=summary_pb2.Summary(value=values)))
        self._file.flush()

    def _open(self) -> None:
        from tensorboard.summary.writer.record_writer import RecordWriter

        self._folder.mkdir(parents=True, exist_ok=True)
        name = f"events.out.tfevents.{time.time():.6f}.{socket.gethostname()}.{os.getpid()}"
        self._file = open(self._folder / name, "ab")
        self._writer = RecordWriter(self._file)

    def _add(self, event) -> None:
        event.wall_time = time.time()
        self._writer.write(event.SerializeToString())
