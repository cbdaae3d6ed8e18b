#!/usr/bin/env python3
"""Recomputes the audit chain of a guild ledger: verify_audit.py LEDGER.sqlite (docs/audit-format.md)."""
import hashlib, pathlib, sqlite3, struct, sys

def column(text):
    return b"\xff\xff\xff\xff" if text is None else struct.pack(">I", len(text)) + text

def verify(db):
    seq, previous = 0, bytes(32)
    for (number, at, *texts, body_hash, prev, hash_, salt, body) in db.execute("""
            SELECT a.seq, a.at, a.actor, a.kind, a.subject, a.commit_id, a.cause, a.root, a.body_hash, a.prev, a.hash,
            b.salt, b.body FROM audit a LEFT JOIN audit_bodies b USING (seq) ORDER BY a.seq"""):
        if number != seq + 1: return f"entry {min(number, seq + 1)}: missing or inserted"
        if body is None: return f"entry {number}: its body is gone"
        types = {type(value) for value in texts} - {type(None)}, {type(v) for v in (body_hash, prev, hash_, salt, body)}
        if types != ({bytearray}, {bytes}) or type(at) is not int: return f"entry {number}: a column has another type"
        if prev != previous: return f"entry {number}: does not follow the one before it"
        data = b"\x01" + struct.pack(">qq", number, at) + b"".join(map(column, texts)) + body_hash + previous
        if hashlib.sha256(data).digest() != hash_: return f"entry {number}: a column was changed"
        if len(salt) != 16 or hashlib.sha256(salt + body).digest() != body_hash: return f"entry {number}: body changed"
        seq, previous = number, hash_
    head = db.execute("SELECT seq, hash FROM audit_head").fetchall()
    if head != [(seq, previous)]: return f"the head is not entry {seq}"
    if db.execute("SELECT count(*) FROM audit_bodies").fetchone() != (seq,): return "a body has no entry"
    print(f"{seq} entries, head {previous.hex()}")

database = sqlite3.connect(pathlib.Path(sys.argv[1]).resolve().as_uri() + "?mode=ro", uri=True, isolation_level=None)
database.text_factory = bytearray  # TEXT is a bytearray from here on, BLOB is bytes
database.execute("BEGIN")  # one snapshot, though guild may be writing
sys.exit(verify(database))
