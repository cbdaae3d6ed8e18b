#!/usr/bin/env python3
"""Recomputes guild's audit log: verify_audit.py LEDGER.sqlite|EXPORT.jsonl [ANCHOR.json|PROOF.json ...]

docs/audit-format.md says what is hashed how. Exits 0, or 1 naming the first entry that does not stand."""
import base64, hashlib, json, pathlib, sqlite3, struct, sys

def sha(*parts): return hashlib.sha256(b"".join(parts)).digest()
def unhex(text): return None if text is None else bytes.fromhex(text)
def column(text): return b"\xff\xff\xff\xff" if text is None else struct.pack(">I", len(text)) + bytes(text)

def ledger(path):
    db = sqlite3.connect(pathlib.Path(path).resolve().as_uri() + "?mode=ro", uri=True, isolation_level=None)
    db.text_factory = bytearray  # TEXT is a bytearray from here on, BLOB is bytes
    db.execute("BEGIN")  # one snapshot, though guild may be writing
    rows = db.execute("""SELECT a.seq, a.at, a.actor, a.kind, a.subject, a.commit_id, a.cause, a.root, a.body_hash,
        a.prev, a.hash, b.salt, b.body FROM audit a LEFT JOIN audit_bodies b USING (seq) ORDER BY a.seq""")
    last_body = db.execute("SELECT max(seq) FROM audit_bodies").fetchone()[0] or 0
    return rows, db.execute("SELECT seq, hash FROM audit_head").fetchall(), last_body

def export(path):
    for line in open(path, "rb"):
        e = json.loads(line)
        texts = [e[k] for k in ("actor", "kind", "subject", "commit", "cause", "root")]
        body = base64.b64decode(e["body_base64"]) if "body_base64" in e else e["body"]
        yield (e["seq"], e["at"], *(text if text is None else bytearray(text.encode()) for text in texts),
               *(unhex(e[k]) for k in ("body_hash", "prev", "hash", "salt")),
               body.encode() if isinstance(body, str) else body)

def append(tree, leaf):  # tree: (leaves, root) of complete subtrees, the largest first
    tree.append((1, leaf))
    while len(tree) > 1 and tree[-1][0] == tree[-2][0]:
        (count, right), (_, left) = tree.pop(), tree.pop()
        tree.append((2 * count, sha(b"\x01", left, right)))

def root_of(tree):
    root = tree[-1][1] if tree else sha()
    for _, left in tree[-2::-1]: root = sha(b"\x01", left, root)
    return root

def check_proof(proof):  # RFC 9162, section 2.1.3.2
    index, last, root = proof["seq"] - 1, proof["size"] - 1, sha(b"\x00", unhex(proof["hash"]))
    for step in map(unhex, proof["path"]):
        if last == 0: return "the proof is too long"
        if index & 1 or index == last:
            root = sha(b"\x01", step, root)
            while index and not index & 1: index, last = index >> 1, last >> 1
        else: root = sha(b"\x01", root, step)
        index, last = index >> 1, last >> 1
    if last or not 0 < proof["seq"] <= proof["size"] or root != unhex(proof["root"]): return "the proof does not hold"

def verify(rows, documents, head=None, last_body=0):
    seq, previous, tree, first, missing, erased = None, None, [], None, [], []
    for (number, at, *texts, body_hash, prev, hash_, salt, body) in rows:
        if seq is None:  # a ledger begins at 1; an export where it was told to, trusting the entry before
            first, seq, previous = (1, 0, bytes(32)) if head is not None or number == 1 else (number, number - 1, prev)
        if number != seq + 1: return f"entry {min(number, seq + 1)}: missing or inserted"
        types = {type(value) for value in texts} - {type(None)}, {type(v) for v in (body_hash, prev, hash_)}
        if types != ({bytearray}, {bytes}) or type(at) is not int: return f"entry {number}: a column has another type"
        if prev != previous: return f"entry {number}: does not follow the one before it"
        data = b"\x01" + struct.pack(">qq", number, at) + b"".join(map(column, texts)) + body_hash + previous
        if sha(data) != hash_: return f"entry {number}: a column was changed"
        if body is None and texts[1] != b"audit.erased": missing.append(number)
        elif type(salt) is not bytes or len(salt) != 16 or type(body) is not bytes or sha(salt, body) != body_hash:
            return f"entry {number}: body changed"
        elif texts[1] == b"audit.erased":
            erased.append((json.loads(body)["first"], json.loads(body)["last"], number))
        seq, previous = number, hash_
        append(tree, sha(b"\x00", hash_))
        for d in documents:
            if d["seq"] == number and unhex(d["hash"]) != hash_: return f"entry {number}: not as in {d['format']}"
            size = d.get("size", d["seq"])
            if size == number and first == 1 and unhex(d["root"]) != root_of(tree):
                return f"entry {number}: the tree up to it is not that of {d['format']}"
    for number in missing:
        if not any(low <= number <= high < entry for low, high, entry in erased):
            return f"entry {number}: its body is gone and no erasure here covers it"
    if head is not None and head != [(seq or 0, previous or bytes(32))]: return f"the head is not entry {seq}"
    if last_body > (seq or 0): return "a body has no entry"
    for d in documents:
        if d["seq"] > (seq or 0): return f"the log ends at {seq}, {d['format']} is of entry {d['seq']}"
    print(f"{first or 1}..{seq or 0}: {len(missing)} bodies erased, head {(previous or bytes(32)).hex()}"
          + (f", tree root {root_of(tree).hex()}" if first in (1, None) else ""))

if __name__ == "__main__":
    documents = [json.load(open(path)) for path in sys.argv[2:]]
    problem = next(filter(None, (check_proof(d) for d in documents if "path" in d)), None)
    with open(sys.argv[1], "rb") as file: is_ledger = file.read(15) == b"SQLite format 3"
    rows, head, last_body = ledger(sys.argv[1]) if is_ledger else (export(sys.argv[1]), None, 0)
    sys.exit(problem or verify(rows, documents, head, last_body))
