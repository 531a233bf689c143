"""A port on which something beside the links is served: the console, the figures for Prometheus."""

import socket
from collections.abc import Callable
from typing import Final

from detente.app import build
from detente.app.log import Log
from detente.app.loop import clock
from detente.core.errors import OurFault

RETRY_EVERY: Final = 5.0  # seconds between looks whether a port is free by now


class Port:
    """Listens at an address, at once or as soon as it can.

    Peers must not wait for a screen: a port that somebody has is told in the log, once for each
    reason, and tried again.
    """

    def __init__(
        self, address: build.Address, serve: Callable[[socket.socket], None], what: str, log: Log
    ) -> None:
        """serve: gets the socket that listens, once. what: who listens there, for the log."""
        self._address, self._serve, self._what, self._log = address, serve, what, log
        self._is_open = False
        self._retry_at = 0.0
        self._told = ""

    def turn(self) -> None:
        """Listen if it is time to try and nothing stands in the way."""
        if self._is_open or clock() < self._retry_at:
            return
        try:
            listener = build.listen(self._address)
        except OurFault as fault:
            self._retry_at = clock() + RETRY_EVERY
            if fault.code != self._told:
                self._told = fault.code
                self._log.write(
                    "error", fault.code, f"{self._what}: {fault.what}", remedy=fault.remedy
                )
            return
        self._is_open = True
        self._serve(listener)
