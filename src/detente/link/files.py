"""Courier files as the machine reads them: connections that only bring, beside those of a wire.

Nothing leaves by a file that came: what it asks for goes into the next file of our own.
Normative: spec/courier.md 4.
"""

from detente.core.errors import TheirFault
from detente.link.courier import PATH
from detente.link.freight import Brought, Freight
from detente.link.hello import Hello
from detente.link.moves import Effects
from detente.link.moves_file import FileBegun, FileEnded
from detente.link.part import Hears, Part
from detente.link.state import DOWN, RECOVER, Conn, State
from detente.link.tails import Tails


class Files(Part):
    """Files under way into the machine; never live, never pinged, never counted as a path."""

    def __init__(self, link: State, freight: Freight, tails: Tails) -> None:
        super().__init__(link)
        self._freight, self._tails = freight, tails

    def hears(self) -> Hears:
        """Hear that a file begins and ends; what is in between comes as Bytes."""
        return {FileBegun: self._begun, FileEnded: self._ended}

    def _begun(self, given: FileBegun) -> Effects:
        link = self.link
        conn = Conn(PATH, dialled=True, begun_at=link.now, baseline=given.baseline)
        conn.up = True
        link.files[given.conn], link.file_fault = conn, None
        self._freight.begin()
        self._tails.file_begins()
        return []

    def _ended(self, given: FileEnded) -> Effects:
        effects = self._tails.file_ends(given.conn) if given.whole else []
        self.link.files.pop(given.conn, None)
        self.link.forget_held()
        return effects

    # What the node asks.

    @property
    def fault(self) -> TheirFault | None:
        """What ended the file that began last, if anything did."""
        return self.link.file_fault

    @property
    def brought(self) -> Brought:
        """What the file that began last brought of attachments."""
        return self._freight.brought

    @property
    def reconciled(self) -> bool:
        """Whether a HELLO of a wire was judged good since this process started."""
        return self.link.reconciled

    @property
    def echo(self) -> tuple[bytes | None, tuple[int, int]]:
        """The newest nonce had from the peer, and the sizes of its log and ours stated with it."""
        return self.link.echo, self.link.echo_sizes

    def recall(self, echo: bytes, sizes: tuple[int, int], incarnation: bytes = bytes(16)) -> None:
        """Take up what `echo` was when the process stopped, and the incarnation stated last."""
        self.link.echo, self.link.echo_sizes = echo, sizes
        self.link.peer_incarnation = incarnation

    def recall_loss(self, why: str) -> None:
        """Show why nothing is appended before the next epoch, where no path will say so."""
        if self.link.phase == DOWN:
            self.link.move(RECOVER, why)

    def greeting(self, nonce: bytes) -> Hello:
        """Return the HELLO that a file begins with."""
        return self.link.greeting(nonce, PATH)
