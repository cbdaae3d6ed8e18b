#!/usr/bin/env python3
"""verify_audit.py EXPORT.jsonl|LEDGER.sqlite [ANCHOR.json ...]: recomputes guild's audit log, as docs/audit-format.md
describes it. Compressed bodies of a ledger need libzstd.so.1 and the dictionaries, which GUILD_DICTIONARIES may name."""
import base64, ctypes, glob, hashlib, json, os, sqlite3, struct, sys

DICTIONARIES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../Sources/CZstd/Dictionaries")
BODY_LIMIT_BYTES = 64 << 20

def sha(*parts): return hashlib.sha256(b"".join(parts)).digest()
def column(text): return b"\xff\xff\xff\xff" if text is None else struct.pack(">I", len(text.encode())) + text.encode()
def demand(holds, problem): holds or sys.exit(problem)

def root(hashes):  # RFC 9162, section 2.1.1
    if len(hashes) < 2: return sha(b"\x00", *hashes) if hashes else sha()
    half = 1 << (len(hashes) - 1).bit_length() - 1
    return sha(b"\x01", root(hashes[:half]), root(hashes[half:]))

def dictionary(identifier):  # a dictionary's second word is its id
    for path in glob.glob(os.path.join(os.environ.get("GUILD_DICTIONARIES", DICTIONARIES), "*.zdict")):
        with open(path, "rb") as file: content = file.read()
        if content[4:8] == struct.pack("<I", identifier): return content
    sys.exit(f"dictionary {identifier} is not here: name its folder with GUILD_DICTIONARIES")

def plain(stored):  # docs/audit-format.md, "Bodies"
    if stored[:1] == b"\x00": return stored[1:]
    if stored[:1] != b"\x01": return stored  # JSON, which nothing encoded
    zstd, frame, size = ctypes.CDLL("libzstd.so.1"), stored[1:], ctypes.c_size_t
    zstd.ZSTD_getFrameContentSize.restype, zstd.ZSTD_createDCtx.restype = ctypes.c_ulonglong, ctypes.c_void_p
    zstd.ZSTD_getDictID_fromFrame.restype, zstd.ZSTD_decompress_usingDict.restype = ctypes.c_uint, size
    length = zstd.ZSTD_getFrameContentSize(frame, size(len(frame)))
    demand(length <= BODY_LIMIT_BYTES, "a compressed body is damaged")
    identifier = zstd.ZSTD_getDictID_fromFrame(frame, size(len(frame)))
    known, body = dictionary(identifier) if identifier else b"", ctypes.create_string_buffer(length)
    context = ctypes.c_void_p(zstd.ZSTD_createDCtx())
    taken = zstd.ZSTD_decompress_usingDict(
        context, body, size(length), frame, size(len(frame)), known, size(len(known)))
    zstd.ZSTD_freeDCtx(context)
    demand(taken == length, "a compressed body is damaged")
    return body.raw

def exported(path):
    for entry in map(json.loads, open(path, "rb")):
        body = base64.b64decode(entry["body_base64"]) if "body_base64" in entry else (entry["body"] or "").encode()
        yield entry | {"body": body}

def kept(path):
    ledger = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    names = ("seq", "at", "actor", "kind", "subject", "commit", "cause", "root", "body_hash", "prev", "hash", "salt")
    for row in ledger.execute("""SELECT seq, at, actor, kind, subject, commit_id, cause, root, lower(hex(body_hash)),
            lower(hex(prev)), lower(hex(hash)), lower(hex(salt)), salt IS NULL, body
            FROM audit LEFT JOIN audit_bodies USING (seq) ORDER BY seq"""):
        entry = dict(zip(names, row))
        yield entry | {"salt": None if row[-2] else entry["salt"], "body": plain(row[-1]) if row[-1] else b""}

def verify(entries, anchors):
    hashes, missing, erased, first = [], [], [], 1
    for entry in entries:
        if not hashes: first = entry["seq"]  # a part is verified by itself: what stands before it is trusted
        number, body_hash = first + len(hashes), bytes.fromhex(entry["body_hash"])
        previous = hashes[-1] if hashes else bytes(32) if first == 1 else bytes.fromhex(entry["prev"])
        columns = [column(entry[name]) for name in ("actor", "kind", "subject", "commit", "cause", "root")]
        hashes.append(sha(b"\x01", struct.pack(">qq", number, entry["at"]), *columns, body_hash, previous))
        demand(entry["seq"] == number, f"entry {min(number, entry['seq'])}: missing or inserted")
        demand(entry["prev"] == previous.hex(), f"entry {number}: does not follow the one before it")
        demand(entry["hash"] == hashes[-1].hex(), f"entry {number}: a column was changed")
        body = entry["body"]
        if entry["salt"] is None and not body: missing.append(number)
        else: demand(sha(bytes.fromhex(entry["salt"] or ""), body) == body_hash, f"entry {number}: its body was changed")
        if entry["kind"] == "audit.erased": erased.append((json.loads(body)["first"], json.loads(body)["last"], number))
    for number in missing:
        covered = any(low <= number <= high < entry for low, high, entry in erased)
        demand(covered, f"entry {number}: its body is gone and no erasure here covers it")
    last = first + len(hashes) - 1
    for anchor in anchors:
        size = anchor["seq"]
        demand(size <= last, f"the log ends at {last}, the anchor is of entry {size}")
        if size >= first: demand(anchor["hash"] == hashes[size - first].hex(), f"entry {size}: not as in the anchor")
        demand(first > 1 or anchor["root"] == root(hashes[:size]).hex(), f"entry {size}: the tree is not the anchor's")
    print(f"{first}..{last}: {len(missing)} bodies erased, head {(hashes or [bytes(32)])[-1].hex()}"
          + (f", tree root {root(hashes).hex()}" if first == 1 else ""))

if __name__ == "__main__":
    with open(sys.argv[1], "rb") as file: is_ledger = file.read(16) == b"SQLite format 3\x00"
    verify((kept if is_ledger else exported)(sys.argv[1]), [json.load(open(path)) for path in sys.argv[2:]])
