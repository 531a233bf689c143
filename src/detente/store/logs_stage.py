"""Rows about blobs: what is staged, what records name, who is offered it; and large queued records."""

import sqlite3
from typing import Final

from detente.core.moment import Moment
from detente.node.ports_stage import Blob, Large

STAGE: Final = """
create table blob (hash blob primary key, what integer not null, size integer not null,
  blocks integer not null, held blob not null, whole integer not null, owner text not null,
  at integer not null) without rowid;
create table manifest (hash blob not null, part integer not null, hashes blob not null,
  primary key (hash, part)) without rowid;
create table named (hash blob not null, mid blob not null, primary key (hash, mid)) without rowid;
create index named_by on named (mid);
create table offer (id integer primary key autoincrement, link text not null, hash blob not null,
  unique (link, hash));
alter table queue add column ready integer not null default 0;
"""
_UNCLAIMED: Final = "(not whole or not exists (select 1 from named where named.hash=blob.hash))"


class StageTx:
    """The part of a transaction that speaks of blobs; see node.ports_stage.BlobTx."""

    _db: sqlite3.Connection

    def blob(self, name: bytes) -> Blob | None:
        """Return what is known of a blob."""
        found = self._db.execute(
            "select what, size, blocks, held, whole, owner, at from blob where hash=?",
            (name,),
        ).fetchone()
        if found is None:
            return None
        what, size, blocks, held, whole, owner, at = found
        return Blob(name, what, size, blocks, held, bool(whole), owner, Moment(at))

    def put_blob(self, given: Blob) -> None:
        """Keep what is known of a blob."""
        row = (
            given.hash, given.what, given.size, given.blocks, given.held, int(given.whole),
            given.owner, given.at.ms,
        )  # fmt: skip
        self._db.execute("insert or replace into blob values (?,?,?,?,?,?,?,?)", row)

    def drop_blob(self, name: bytes) -> None:
        """Forget a blob, its manifest, and who is offered it."""
        for table in ("blob", "manifest", "offer"):
            self._db.execute(f"delete from {table} where hash=?", (name,))

    def blob_names(self) -> list[bytes]:
        """Return the names of all blobs."""
        return [name for (name,) in self._db.execute("select hash from blob")]

    def loose_blobs(self, before: Moment) -> list[bytes]:
        """Return old blobs that no record names and nobody is offered."""
        rows = self._db.execute(
            "select hash from blob where at<?"
            " and not exists (select 1 from named where named.hash=blob.hash)"
            " and not exists (select 1 from offer where offer.hash=blob.hash)",
            (before.ms,),
        )
        return [name for (name,) in rows]

    def staged_bytes(self, owner: str) -> int:
        """Return the bytes of an owner's blobs that are not whole, or that no record names."""
        asked = f"select coalesce(sum(size), 0) from blob where owner=? and {_UNCLAIMED}"
        found: int = self._db.execute(asked, (owner,)).fetchone()[0]
        return found

    def put_part(self, name: bytes, part: int, hashes: bytes) -> None:
        """Keep one part of a manifest."""
        self._db.execute("insert or replace into manifest values (?,?,?)", (name, part, hashes))

    def part(self, name: bytes, part: int) -> bytes | None:
        """Return one part of a manifest."""
        found = self._db.execute(
            "select hashes from manifest where hash=? and part=?", (name, part)
        ).fetchone()
        return None if found is None else bytes(found[0])

    def parts(self, name: bytes) -> list[int]:
        """Return which parts of a manifest are here."""
        rows = self._db.execute("select part from manifest where hash=? order by part", (name,))
        return [part for (part,) in rows]

    def drop_parts(self, name: bytes) -> None:
        """Forget a manifest."""
        self._db.execute("delete from manifest where hash=?", (name,))

    def name_blob(self, name: bytes, mid: bytes) -> None:
        """Note that a record names an attachment."""
        self._db.execute("insert or ignore into named values (?,?)", (name, mid))

    def unname_blobs(self, mid: bytes) -> list[bytes]:
        """Forget what a record names; return what no other record names now."""
        names = [name for (name,) in self._db.execute("select hash from named where mid=?", (mid,))]
        self._db.execute("delete from named where mid=?", (mid,))
        asked = "select 1 from named where hash=?"
        return [name for name in names if not self._db.execute(asked, (name,)).fetchone()]

    def offer_blob(self, link_id: str, name: bytes) -> None:
        """Note that the peer of a link shall have a blob."""
        self._db.execute("insert or ignore into offer (link, hash) values (?,?)", (link_id, name))

    def unoffer_blob(self, link_id: str, name: bytes) -> None:
        """Note that it has it."""
        self._db.execute("delete from offer where link=? and hash=?", (link_id, name))

    def offers(self, link_id: str, count_max: int) -> list[bytes]:
        """Return what the peer of a link shall have and has not, the oldest first."""
        rows = self._db.execute(
            "select hash from offer where link=? order by id limit ?", (link_id, count_max)
        )
        return [name for (name,) in rows]

    def offered(self, name: bytes) -> list[str]:
        """Return the links whose peers shall have a blob and have it not."""
        rows = self._db.execute("select link from offer where hash=? order by link", (name,))
        return [link for (link,) in rows]

    def large(self, link_id: str, inline_max: int, count_max: int) -> list[Large]:
        """Return queued records below FLASH, longer than inline_max, that are not ready."""
        rows = self._db.execute(
            "select id, rank, envelope from queue where link=? and rank<4 and ready=0"
            " and length(envelope)>? order by rank desc, id limit ?",
            (link_id, inline_max, count_max),
        )
        return [Large(*row) for row in rows]

    def queued_envelope(self, number: int) -> bytes | None:
        """Return a queued record by its number in the queue."""
        found = self._db.execute("select envelope from queue where id=?", (number,)).fetchone()
        return None if found is None else bytes(found[0])

    def set_ready(self, number: int) -> None:
        """Note that the peer holds the envelope of a queued record."""
        self._db.execute("update queue set ready=1 where id=?", (number,))

    def reset_ready(self, link_id: str) -> None:
        """Note that nothing is known of what the peer holds."""
        self._db.execute("update queue set ready=0 where link=? and ready=1", (link_id,))
