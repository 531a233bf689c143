"""What the rooms of a node's process share: the node, its loop, its log, and what is wrong now."""

from collections.abc import Callable

from detente.app import build, system
from detente.app.config import Config
from detente.app.log import Log
from detente.app.loop import Loop, clock
from detente.app.node.meter import Meter
from detente.core.canon import Json
from detente.core.errors import OurFault


class Ground:
    """One for each process. `faults` says, by place, what stands in the way now; for the doctor."""

    def __init__(self, settings: Config, passphrase: bytes) -> None:
        """Open vault and store. Raises OurFault: vault.*, store.*, config.*."""
        self.settings = settings
        self.folder = settings.folder / "node"
        self.log = Log("node", settings.text("log.level"))
        self.parts = build.build_node(settings, passphrase, system.now())
        self.node = self.parts.node
        self.loop = Loop()
        self.faults: dict[str, str] = {}
        self.paths_of: Callable[[str], list[Json]] = lambda _link_id: []  # set by whoever has them
        self.busy_at = 0.0
        self.dirty = True
        self.exit_code = 0
        self.held_until = 0.0  # by the loop's clock; until then nothing moves, for a card is made
        self.meter = Meter()

    def touch(self) -> None:
        """Note that something was written: the WAL is folded back once it is quiet."""
        self.busy_at, self.dirty = clock(), True

    def storing(self, step: Callable[[], None]) -> None:
        """Take a step that writes; where the store cannot, the node stores no more and goes on."""
        try:
            step()
        except OurFault as fault:
            if not fault.code.startswith("store."):
                raise
            self._stop_storing(fault)

    def see_store(self) -> None:
        """Stop storing if the store failed in a step that was not ours to judge."""
        fault = self.parts.store.fault
        if fault is not None:
            self._stop_storing(fault)

    def _stop_storing(self, fault: OurFault) -> None:
        if self.node.read_only is not None:
            return
        self.log.write("error", fault.code, fault.what, remedy=fault.remedy)
        self.faults[fault.code] = f"{fault.what}; {fault.remedy}"
        self.node.stop_storing(fault, system.now())
