#!/usr/bin/env python3
"""train.py ID OUTPUT: trains a dictionary for stored bodies. README.md says from what, and under which licences.

It fetches the payloads; where there is no network, PAYLOADS names a folder that holds them as octokit/ and playground/.

Names, numbers and hashes that differ from one sender to the next are replaced in each sample, so that the dictionary
learns what every delivery has in common and nobody's account. The same inputs give the same dictionary.
"""
import glob, json, os, random, re, string, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "../../.."))
SIZE_BYTES = 96 << 10
SOURCES = {  # address, commit, folder, files; GitHub's own payloads of the second are kept for measuring
    "octokit": ("https://github.com/octokit/webhooks", "3a58428aa5c399cf5aa12c8663aea1fb1f515254", "payload-examples/api.github.com", "*/*.json"),
    "playground": ("https://github.com/go-playground/webhooks", "02d182ac47693b5f7263de2ba7bd46607c80aed8", "testdata", "*/*"),
}
MEASURED = "testdata/github/"

NAME_KEYS = {"login", "username", "nickname", "display_name", "displayName"}
PATH_KEYS = {"full_name", "path_with_namespace"}
COMMON_NAMES = {"User", "Organization", "api", "github", "main", "master"}
SYLLABLES = [c + v for c in "bdfgklmnprstvz" for v in "aeiou"]
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
HASH = re.compile(r"(?<![0-9a-zA-Z])(?:[0-9a-f]{40}|[0-9a-f]{64})(?![0-9a-zA-Z])")
NUMBER = re.compile(r"(?<![\w\-:.])\d{5,19}(?![\w\-:])")
NODE = re.compile(r'("node_id":")([^"]{12,})"')
MAIL = re.compile(r"(?<![\w.+/:-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
ULID = re.compile(r"(?<![0-9A-Za-z])[0-7][0-9A-HJKMNP-TV-Z]{25}(?![0-9A-Za-z])")
ULID_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def names(value, found):
    """Collects what a payload calls people, organisations and repositories."""
    if isinstance(value, list):
        for member in value: names(member, found)
    if not isinstance(value, dict): return
    for key, member in value.items():
        if isinstance(member, str):
            if key in NAME_KEYS: found.add(member)
            if key in PATH_KEYS: found.update(member.split("/"))
        names(member, found)


class Disguise:
    """Replaces what is particular to one sender by something of the same shape, alike wherever it occurs."""

    def __init__(self, seed): self.random = random.Random(seed)

    def word(self): return "".join(self.random.choice(SYLLABLES) for _ in range(self.random.randint(2, 5)))

    def digits(self, text): return str(self.random.randint(1, 9)) + "".join(self.random.choices(string.digits, k=len(text) - 1))

    def date(self, _):
        pick = self.random.randint
        return f"20{pick(24, 31)}-{pick(1, 12):02}-{pick(1, 28):02}T{pick(0, 23):02}:{pick(0, 59):02}:{pick(0, 59):02}"

    def node(self, match):
        kept = min(8, len(match[2]) // 3)
        rest = self.random.choices(string.ascii_letters + string.digits, k=len(match[2]) - kept)
        return f'{match[1]}{match[2][:kept]}{"".join(rest)}"'

    def each(self, pattern, text, replacement):
        known = {}
        def replace(match):
            if match[0] not in known: known[match[0]] = replacement(match)
            return known[match[0]]
        return pattern.sub(replace, text)

    def apply(self, value):
        text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
        found = set()
        names(value, found)
        for name in sorted(found - COMMON_NAMES, key=lambda name: (-len(name), name)):
            if len(name) > 3: text = text.replace(name, self.word())
        text = self.each(MAIL, text, lambda _: f"{self.word()}@example.com")
        text = self.each(HASH, text, lambda match: "".join(self.random.choices("0123456789abcdef", k=len(match[0]))))
        text = self.each(ULID, text, lambda _: "01" + "".join(self.random.choices(ULID_DIGITS, k=24)))
        text = self.each(DATE, text, self.date)
        text = self.each(NUMBER, text, lambda match: self.digits(match[0]))
        return NODE.sub(self.node, text)


def checkout(folder, address, commit):
    os.mkdir(folder)
    for command in (["init", "-q"], ["fetch", "-q", "--depth", "1", address, commit], ["checkout", "-q", "FETCH_HEAD"]):
        subprocess.run(["git", "-C", folder, *command], check=True)


def payloads(work):
    kept = os.environ.get("PAYLOADS")
    for name, (address, commit, folder, pattern) in SOURCES.items():
        base = os.path.join(kept or work, name)
        if not kept: checkout(base, address, commit)
        for path in sorted(glob.glob(os.path.join(base, folder, pattern))):
            if MEASURED in path: continue
            try: yield json.load(open(path, encoding="utf-8-sig"))
            except ValueError: print(f"{path}: no JSON, left out", file=sys.stderr)


def shortened(value):
    """No text of one answer is worth keeping: what answers have in common is what stands around it."""
    if isinstance(value, str): return value[:60]
    if isinstance(value, list): return [shortened(member) for member in value]
    return {key: shortened(member) for key, member in value.items()} if isinstance(value, dict) else value


def ours():
    """Written for this project: what agents of the sample codex answer, what the ledger itself writes."""
    for path in sorted(glob.glob(os.path.join(ROOT, "codex/recordings/*.jsonl"))):
        for line in open(path, encoding="utf-8"):
            response = json.loads(line).get("response")
            if response: yield shortened(response["content"])
    for line in open(os.path.join(HERE, "samples.jsonl"), encoding="utf-8"): yield json.loads(line)


def main(identifier, output):
    with tempfile.TemporaryDirectory() as work:
        samples = os.path.join(work, "samples")
        os.mkdir(samples)
        for number, value in enumerate([*payloads(work), *ours()]):
            with open(os.path.join(samples, f"{number:05}"), "w", encoding="utf-8") as file:
                file.write(Disguise(number).apply(value))
        command = ["zstd", "-q", "-f", "--train", "-r", samples, "-1", f"--maxdict={SIZE_BYTES}", f"--dictID={identifier}"]
        subprocess.run([*command, "-o", output], check=True)


if __name__ == "__main__":
    if len(sys.argv) != 3: sys.exit(__doc__)
    main(*sys.argv[1:])
