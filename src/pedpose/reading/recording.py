"""Tell recordings at an address from live streams."""

from __future__ import annotations

from pedpose.reading.connection import AvConnection, Connection, OpenCvConnection
from pedpose.reading.reader import Reader
from pedpose.reading.reconnect import Reconnect
from pedpose.reading.selection import Selection
from pedpose.reading.video_reader import OpenVideo


def recording_of(
    connection: Connection, url: str, selection: Selection, label: str, reconnect: Reconnect
) -> Reader | None:
    """Return a reader for a connection that tells its length, None for a live one.

    The reader closes the connection.
    """
    if isinstance(connection, AvConnection) and connection.source.is_finite:
        from pedpose.reading.av_input import AvInput
        from pedpose.reading.av_reader import AvVideo

        limits = (reconnect.open_s, reconnect.read_s)
        return AvVideo(connection.source, selection, label, None, lambda: AvInput(url, limits))
    if isinstance(connection, OpenCvConnection) and connection.is_finite:
        return OpenVideo(connection.capture, selection, label, None)
    return None
