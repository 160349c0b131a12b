"""Disks that are full, hang, fail or lose what they had."""

import sqlite3

from harness.lines import until


def places(tandem):
    return {(row["aor"], row["call_id"]) for row in
            tandem.sql("SELECT aor, call_id FROM location")}


def test_database_gone_bad_keeps_the_registrations(tandem, phones):
    """A corrupt file is moved aside; the new one gets every place that is
    known, not only the next phone's."""
    one, two = phones(tandem, "1001", "1002")
    until(lambda: len(places(tandem)) == 2, "two places")
    before = places(tandem)

    db = tandem.dir / "state" / "tandem.db"
    other = sqlite3.connect(db)
    other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    other.close()
    with open(db, "r+b") as f:
        f.write(b"\xa5" * 8192)
    phones(tandem, "1003")
    tandem.log.wait("is corrupt .* a new database begins")
    tandem.log.wait("registrations are written into the new file")
    until(lambda: len(places(tandem)) == 3, "three places in the new file")
    assert before <= places(tandem)
    assert list(db.parent.glob("tandem.db.corrupt-*"))

    tandem.stop()
    tandem.start()
    tandem.log.wait("3 registrations from the last run")
    call = one.invite("1002")
    two.expect("INVITE")
    call.cancel()
