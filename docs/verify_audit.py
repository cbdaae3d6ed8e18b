#!/usr/bin/env python3
"""verify_audit.py EXPORT.jsonl [ANCHOR.json ...]: recomputes guild's audit log, as docs/audit-format.md describes it."""
import base64, hashlib, json, struct, sys

def sha(*parts): return hashlib.sha256(b"".join(parts)).digest()
def column(text): return b"\xff\xff\xff\xff" if text is None else struct.pack(">I", len(text.encode())) + text.encode()
def demand(holds, problem): holds or sys.exit(problem)

def root(hashes):  # RFC 9162, section 2.1.1
    if len(hashes) < 2: return sha(b"\x00", *hashes) if hashes else sha()
    half = 1 << (len(hashes) - 1).bit_length() - 1
    return sha(b"\x01", root(hashes[:half]), root(hashes[half:]))

hashes, missing, erased, first = [], [], [], 1
for entry in map(json.loads, open(sys.argv[1], "rb")):
    if not hashes: first = entry["seq"]  # a part is verified by itself: what stands before it is trusted
    number, body_hash = first + len(hashes), bytes.fromhex(entry["body_hash"])
    previous = hashes[-1] if hashes else bytes(32) if first == 1 else bytes.fromhex(entry["prev"])
    columns = [column(entry[name]) for name in ("actor", "kind", "subject", "commit", "cause", "root")]
    hashes.append(sha(b"\x01", struct.pack(">qq", number, entry["at"]), *columns, body_hash, previous))
    demand(entry["seq"] == number, f"entry {min(number, entry['seq'])}: missing or inserted")
    demand(entry["prev"] == previous.hex(), f"entry {number}: does not follow the one before it")
    demand(entry["hash"] == hashes[-1].hex(), f"entry {number}: a column was changed")
    body = base64.b64decode(entry["body_base64"]) if "body_base64" in entry else (entry["body"] or "").encode()
    if entry["salt"] is None and not body: missing.append(number)
    else: demand(sha(bytes.fromhex(entry["salt"] or ""), body) == body_hash, f"entry {number}: its body was changed")
    if entry["kind"] == "audit.erased": erased.append((json.loads(body)["first"], json.loads(body)["last"], number))
for number in missing:
    covered = any(low <= number <= high < entry for low, high, entry in erased)
    demand(covered, f"entry {number}: its body is gone and no erasure here covers it")
last = first + len(hashes) - 1
for anchor in (json.load(open(path)) for path in sys.argv[2:]):
    size = anchor["seq"]
    demand(size <= last, f"the log ends at {last}, the anchor is of entry {size}")
    if size >= first: demand(anchor["hash"] == hashes[size - first].hex(), f"entry {size}: not as in the anchor")
    demand(first > 1 or anchor["root"] == root(hashes[:size]).hex(), f"entry {size}: the tree is not the anchor's")
print(f"{first}..{last}: {len(missing)} bodies erased, head {(hashes or [bytes(32)])[-1].hex()}"
      + (f", tree root {root(hashes).hex()}" if first == 1 else ""))
