#!/usr/bin/env python3
"""usage: verify_audit.py EXPORT.jsonl|LEDGER.sqlite [ANCHOR.json ...]
       verify_audit.py --body < HEX > BODY

Recomputes guild's audit log, as docs/audit-format.md describes it. Exits 0 if the log is valid, 1 if not, and 2 if it
was not verified: a file cannot be read, or is no anchor. --body decodes a payload or answer as the ledger stores it,
given in hexadecimal digits; that needs libzstd.so.1 and the dictionaries, whose folder GUILD_DICTIONARIES may name."""
import base64, bisect, ctypes, glob, hashlib, json, os, sqlite3, struct, sys, urllib.parse

DICTIONARIES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../Sources/CZstd/Dictionaries")
BODY_LIMIT_BYTES = 64 << 20

ABSENT = type(None)
TYPES = {  # an entry's members, in the order of ENTRIES
    "seq": [int], "at": [int], "actor": [str], "kind": [str], "subject": [str], "commit": [str, ABSENT],
    "cause": [str, ABSENT], "root": [str, ABSENT], "body_hash": [bytes], "prev": [bytes], "hash": [bytes],
    "salt": [bytes, ABSENT], "body": [bytes, ABSENT]}
TEXTS = ["actor", "kind", "subject", "commit", "cause", "root"]
LENGTHS = {"body_hash": 32, "prev": 32, "hash": 32, "salt": 16}
ENTRIES = """SELECT audit.seq, at, actor, kind, subject, commit_id, cause, root, body_hash, prev, hash, salt, body
    FROM audit LEFT JOIN audit_bodies USING (seq) ORDER BY audit.seq"""
STRAY_BODIES = """SELECT audit_bodies.seq FROM audit_bodies LEFT JOIN audit USING (seq)
    WHERE audit.seq IS NULL OR salt IS NULL OR body IS NULL"""

def sha(*parts): return hashlib.sha256(b"".join(parts)).digest()
def column(text): return b"\xff\xff\xff\xff" if text is None else struct.pack(">I", len(text.encode())) + text.encode()
def demand(holds, problem): holds or sys.exit(problem)

# The tree of RFC 9162, section 2.1.1: the roots of its complete subtrees, the largest first, each with its level.

def grow(tree, hash):  # returns the subtrees that the new leaf completes
    completed = [(0, sha(b"\x00", hash))]
    while tree and tree[-1][0] == completed[-1][0]:
        completed.append((completed[-1][0] + 1, sha(b"\x01", tree.pop()[1], completed[-1][1])))
    tree.append(completed[-1])
    return completed

def root(tree):
    node = tree[-1][1] if tree else sha()
    for _, left in reversed(tree[:-1]): node = sha(b"\x01", left, node)
    return node

# Reading. A ValueError says what is wrong with the entry or anchor that is being read.

def parsed(text):  # strict: other readers may show the first of two members with one name, or take another encoding
    def once(pairs):
        if len(dict(pairs)) < len(pairs): raise ValueError("a member occurs twice")
        return dict(pairs)
    try: value = json.loads(text.decode(), object_pairs_hook=once)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError): raise ValueError("it is not JSON") from None
    if type(value) is not dict: raise ValueError("it is not a JSON object")
    return value

def unhex(digits, name):
    is_hex = type(digits) is str and len(digits) % 2 == 0 and not digits.strip("0123456789abcdef")
    if is_hex: return bytes.fromhex(digits)
    raise ValueError(f"{name} is not in lowercase hexadecimal digits")

def unbase64(text):  # only what is no UTF-8 is written like this, and only in one way
    body = base64.b64decode(text, validate=True) if type(text) is str else b""
    try: body.decode()
    except UnicodeDecodeError:
        if base64.b64encode(body).decode() == text: return body
    raise ValueError("body_base64 is not the base64 of bytes that are not UTF-8")

def typed(entry):  # a BLOB has the hash of the text with the same bytes; a salt's end is where the body begins
    for name, types in TYPES.items():
        value = entry[name]
        if type(value) not in types: raise ValueError(f"{name} has another type than docs/audit-format.md names")
        if type(value) is int and not -1 << 63 <= value < 1 << 63: raise ValueError(f"{name} does not fit 8 bytes")
        if type(value) is str: value.encode()  # a lone surrogate is not UTF-8
        if type(value) is bytes and len(value) != LENGTHS.get(name, len(value)):
            raise ValueError(f"{name} does not have {LENGTHS[name]} bytes")
    return entry

def exported(file):
    for line in file:
        entry = parsed(line)
        if set(entry) not in ({*TYPES}, {*TYPES, "body_base64"} - {"body"}):
            raise ValueError("its members are not those of an entry")
        for name in LENGTHS: entry[name] = None if entry[name] is None else unhex(entry[name], name)
        if "body_base64" in entry: entry["body"] = unbase64(entry["body_base64"])
        elif type(entry["body"]) is str: entry["body"] = entry["body"].encode()
        yield typed(entry)

def kept(ledger):
    for row in ledger.execute(ENTRIES): yield typed(dict(zip(TYPES, row)))

def numbered(entries, number):  # the entries; ends the run with the number of one that cannot be read
    try:
        for entry in entries:
            yield entry
            number = entry["seq"] + 1
    except (ValueError, sqlite3.Error) as problem:
        sys.exit(f"entry {number}: {problem}" if number else f"the first entry: {problem}")

def anchor(path):
    with open(path, "rb") as file: text = file.read()
    try:
        value = parsed(text)
        if value.get("format") != "guild.audit.anchor/1": raise ValueError("it is not an anchor")
        if type(value.get("seq")) is not int or value["seq"] < 1: raise ValueError("seq is not the number of an entry")
        return value["seq"], [unhex(value.get(name), name) for name in ("hash", "root")] + [value.get("ledger")]
    except ValueError as problem: raise ValueError(f"{path}: {problem}") from None

def ulid(bits):  # 26 characters of Crockford's base 32
    number = int.from_bytes(bits, "big")
    return "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[number >> shift & 31] for shift in range(125, -1, -5))

# Verifying. Each demand names the first entry that is invalid.

class Log:
    def __init__(self, first, anchors, nodes):
        """first: the entry with which the log has to begin, None for any. nodes: what a ledger keeps of the tree."""
        self.first, self.anchors, self.nodes, self.compared = first, anchors, nodes, 0
        self.last, self.head, self.tree, self.missing, self.erased = (first or 1) - 1, bytes(32), [], [], 0

    def take(self, entry):
        if self.first is None: self.begin(entry)
        number = self.last + 1
        demand(entry["seq"] == number, f"entry {min(number, entry['seq'])}: missing or inserted")
        demand(entry["prev"] == self.head, f"entry {number}: does not follow the one before it")
        columns = [column(entry[name]) for name in TEXTS]
        hash = sha(b"\x01", struct.pack(">qq", number, entry["at"]), *columns, entry["body_hash"], self.head)
        demand(entry["hash"] == hash, f"entry {number}: a column was changed")
        self.last, self.head = number, hash
        self.take_body(entry)
        if self.first == 1: self.compare_nodes(grow(self.tree, hash))
        self.compare_anchors()

    def begin(self, entry):  # a part is verified by itself: what comes before it is trusted
        self.first, self.last = entry["seq"], entry["seq"] - 1
        demand(self.first >= 1, f"entry {self.first}: entries begin at 1")
        if self.first > 1: self.head = entry["prev"]
        self.compare_anchors()

    def take_body(self, entry):
        salt, body = entry["salt"], entry["body"]
        if salt is None and body is None:
            demand(entry["kind"] != "audit.erased", f"entry {self.last}: its body is gone, and it is an erasure")
            return self.missing.append(self.last)
        is_whole = salt is not None and body is not None
        demand(is_whole and sha(salt, body) == entry["body_hash"], f"entry {self.last}: its body was changed")
        if entry["kind"] == "audit.erased": self.cover(body)

    def cover(self, body):  # an erasure accounts for missing bodies before it
        try: low, high = map(parsed(body).get, ("first", "last"))
        except ValueError: return
        if type(low) is type(high) is int and 1 <= low <= high < self.last:
            covered = slice(bisect.bisect_left(self.missing, low), bisect.bisect_right(self.missing, high))
            self.erased += len(self.missing[covered])
            del self.missing[covered]

    def compare_nodes(self, completed):
        for level, node in completed:
            low = self.last - (1 << level) + 1
            is_same = self.nodes.pop((level, self.last - 1 >> level), node) == node
            demand(is_same, f"entry {low}: the stored tree node over entries {low} to {self.last} was changed")

    def compare_anchors(self):
        for hash, tree_root, _ in self.anchors.get(self.last, []):
            demand(hash == self.head, f"entry {self.last}: not as in the anchor")
            demand(self.first > 1 or tree_root == root(self.tree), f"entry {self.last}: the tree is not the anchor's")
            self.compared += 1

    def end(self):
        demand(self.first, "the export is empty: nothing was verified")
        for number in self.missing: sys.exit(f"entry {number}: its body is gone and no erasure here covers it")
        for size in sorted(self.anchors):
            demand(size <= self.last, f"the log ends at {self.last}, the anchor is of entry {size}")
            if size < self.first - 1: print(f"the anchor of entry {size} is not compared", file=sys.stderr)
        demand(self.compared or not self.anchors, "no anchor was compared: each is of an entry before the first")

    def __str__(self):
        tree = f", tree root {root(self.tree).hex()}" if self.first == 1 else ""
        return f"{self.first}..{self.last}: {self.erased} bodies erased, head {self.head.hex()}{tree}"

def verify_export(file, anchors):
    log = Log(None, anchors, {})
    for entry in numbered(exported(file), None): log.take(entry)
    log.end()
    return log

def verify_ledger(path, anchors):
    ledger = sqlite3.connect(f"file:{urllib.parse.quote(path)}?mode=ro", uri=True, isolation_level=None)
    ledger.text_factory = lambda text: text.decode()
    ledger.execute("BEGIN")  # one state of the ledger, even if guild is running
    names = [ulid(row[0]) for row in ledger.execute("SELECT id FROM audit_identity")]
    demand(len(names) == 1, "the ledger does not have one identity")
    for size in anchors:
        for _, _, name in anchors[size]: demand([name] == names, f"the anchor of entry {size} is of another ledger")
    for size, *hashes in ledger.execute("SELECT seq, hash, root FROM audit_anchors"):
        anchors.setdefault(size, []).append([*hashes, *names])
    nodes = {row[:2]: row[2] for row in ledger.execute("SELECT level, position, hash FROM audit_nodes")}
    log = Log(1, anchors, nodes)
    for entry in numbered(kept(ledger), 1): log.take(entry)
    log.end()
    for row in ledger.execute(STRAY_BODIES): sys.exit(f"entry {row[0]}: a body without an entry, or a part of a body")
    heads = ledger.execute("SELECT seq, hash FROM audit_head").fetchall()
    demand(heads == [(log.last, log.head)], f"the log ends at {log.last}, and audit_head does not name that entry")
    demand(not log.nodes, f"the log ends at {log.last}, and the stored tree has nodes of other entries")
    return log

# A stored body.

def dictionary(identifier):  # a dictionary's second word is its id
    for path in glob.glob(os.path.join(os.environ.get("GUILD_DICTIONARIES", DICTIONARIES), "*.zdict")):
        with open(path, "rb") as file: content = file.read()
        if content[4:8] == struct.pack("<I", identifier): return content
    sys.exit(f"dictionary {identifier} is not here: name its folder with GUILD_DICTIONARIES")

def plain(stored):  # docs/audit-format.md, "Other bodies"
    if stored[:1] == b"\x00": return stored[1:]
    demand(stored[:1] == b"\x01", "a stored body has an unknown form")
    zstd, frame, size = ctypes.CDLL("libzstd.so.1"), stored[1:], ctypes.c_size_t
    zstd.ZSTD_getFrameContentSize.restype, zstd.ZSTD_createDCtx.restype = ctypes.c_ulonglong, ctypes.c_void_p
    zstd.ZSTD_getDictID_fromFrame.restype, zstd.ZSTD_decompress_usingDict.restype = ctypes.c_uint, size
    zstd.ZSTD_findFrameCompressedSize.restype = size
    length = zstd.ZSTD_getFrameContentSize(frame, size(len(frame)))
    is_one = zstd.ZSTD_findFrameCompressedSize(frame, size(len(frame))) == len(frame)
    demand(is_one and length <= BODY_LIMIT_BYTES, "a compressed body is damaged")
    identifier = zstd.ZSTD_getDictID_fromFrame(frame, size(len(frame)))
    known, body = dictionary(identifier) if identifier else b"", ctypes.create_string_buffer(length)
    context = ctypes.c_void_p(zstd.ZSTD_createDCtx())
    taken = zstd.ZSTD_decompress_usingDict(
        context, body, size(length), frame, size(len(frame)), known, size(len(known)))
    zstd.ZSTD_freeDCtx(context)
    demand(taken == length, "a compressed body is damaged")
    return body.raw

def main(paths):
    if paths == ["--body"]: return sys.stdout.buffer.write(plain(bytes.fromhex(sys.stdin.read())))
    if not paths or paths[0].startswith("-"): raise ValueError(__doc__)
    anchors = {}
    for path in paths[1:]:
        size, pinned = anchor(path)
        anchors.setdefault(size, []).append(pinned)
    with open(paths[0], "rb") as file:
        is_ledger = file.peek(16)[:16] == b"SQLite format 3\x00"
        print(verify_ledger(paths[0], anchors) if is_ledger else verify_export(file, anchors))

if __name__ == "__main__":
    try: main(sys.argv[1:])
    except sqlite3.Error as problem: sys.exit(f"{sys.argv[1]}: not a whole ledger: {problem}")
    except (OSError, ValueError) as problem:
        print(problem, file=sys.stderr)
        sys.exit(2)
