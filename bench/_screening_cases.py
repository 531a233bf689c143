"""A second set of cases for the matcher: other habits and another seed than the public one.

The public cases change names by machine. These take what people do: the spellings that another
authority gives the same person, names typed on the wrong keyboard, cut by a field, put into a
booking or a sentence, shortened, or written by somebody's ear. Written before the matcher's
numbers were first set, and run only for the page that reports them.
"""

import csv
import gzip
import io
import json
import random
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

SEED = 1373

RU_KEYS = dict(
    zip("йцукенгшщзхъфывапролджэячсмитьбю", "qwertyuiop[]asdfghjkl;'zxcvbnm,.", strict=True)
)
LATIN_KEYS = {latin: russian for russian, latin in RU_KEYS.items()}
SHORT = dict(
    pair.split("=")
    for pair in (
        "aleksandr=Sasha alexander=Alex vladimir=Vova dmitry=Dima dmitriy=Dima mikhail=Misha "
        "nikolai=Kolya sergei=Seryozha sergey=Serega yevgeniy=Zhenya evgeny=Zhenya aleksei=Lyosha "
        "alexey=Lyosha konstantin=Kostya ivan=Vanya pavel=Pasha viktor=Vitya anatoly=Tolya "
        "boris=Borya yuri=Yura grigory=Grisha maxim=Max vyacheslav=Slava stanislav=Stas "
        "jose=Pepe francisco=Paco robert=Bob william=Bill richard=Dick james=Jim joseph=Joe "
        "michael=Mike anthony=Tony thomas=Tom charles=Charlie manuel=Manolo jesus=Chuy "
        "ignacio=Nacho guadalupe=Lupe muhammad=Mo mohammed=Mo abdullah=Abdo mustafa=Mostafa"
    ).split()
)
SENTENCES = (
    "payment for services rendered by {} invoice 4471",
    "transfer to account of {} per contract 12/04 dated march",
    "оплата по договору 7 получатель {} без ндс",
    "consulting fee {} ref 99120 urgent",
    "/ORDP/{} /REF/77120",
)
WADE = "zh=ch q=ch' j=ch x=hs r=j z=ts c=ts' b=p p=p' d=t t=t' g=k k=k' ch=ch'".split()
EARS = (
    ("kh", "x"),
    ("kh", "ch"),
    ("yu", "you"),
    ("ya", "ja"),
    ("sh", "sch"),
    ("v", "w"),
    ("ts", "z"),
    ("ov", "off"),
    ("ev", "eff"),
    ("sky", "ski"),
    ("iy", "y"),
    ("ei", "ey"),
    ("ks", "x"),
    ("dzh", "j"),
    ("zh", "j"),
    ("u", "oo"),
    ("j", "dj"),
    ("q", "gh"),
    ("w", "ou"),
    ("ee", "i"),
)
ARABIC_HABITS = (
    ("أ", "ا"),
    ("إ", "ا"),
    ("آ", "ا"),
    ("ى", "ي"),
    ("ة", "ه"),
    ("ي", "ی"),
    ("ك", "ک"),
    ("عبد ال", "عبدال"),
    ("ؤ", "و"),
    ("ئ", "ي"),
    ("بن ", "ابن "),
    (" بن ", " "),
)
SIMPLE = "张陈刘杨赵黄吴孙马罗郑谢韩冯于萧邓苏蒋贾叶阎潘钟东华龙伟丽强国庆宁兴桂兰飞义贵荣军"
FULL = "張陳劉楊趙黃吳孫馬羅鄭謝韓馮於蕭鄧蘇蔣賈葉閻潘鐘東華龍偉麗強國慶寧興桂蘭飛義貴榮軍"
LOOKALIKE = dict(zip("aceopxyAEOPCTXMHKB", "асеорхуАЕОРСТХМНКВ", strict=True))
POLITE = ("MR", "MRS", "MSTR", "DR")


def script(text: str) -> str:
    """Return the script of most letters, by the first word of their names."""
    found: dict[str, int] = defaultdict(int)
    for char in text:
        if char.isalpha():
            found[unicodedata.name(char, "X").split()[0]] += 1
    top = max(found, key=lambda s: found[s], default="")
    return {"LATIN": "Latn", "CYRILLIC": "Cyrl", "ARABIC": "Arab", "CJK": "Hani"}.get(top, "Other")


def key(name: str) -> str:
    """Return what makes two spellings the same name here: letters without marks, sorted parts."""
    flat = unicodedata.normalize("NFKD", name.casefold())
    flat = "".join(c for c in flat if not unicodedata.combining(c))
    return " ".join(sorted(re.findall(r"[^\W_]+", flat)))


def wrong_keyboard(name: str, _rng: random.Random) -> str | None:
    table = LATIN_KEYS if script(name) == "Latn" else RU_KEYS
    return "".join(table.get(c, c) for c in name.lower()) if " " in name else None


def nickname(name: str, _rng: random.Random) -> str | None:
    parts = name.split()
    found = [i for i, p in enumerate(parts) if p.lower() in SHORT]
    if not found or len(parts) < 2:
        return None
    parts[found[0]] = SHORT[parts[found[0]].lower()]
    return " ".join(parts)


def booking(name: str, rng: random.Random) -> str | None:
    parts = re.findall(r"[A-Za-z]+", name)
    if len(parts) < 2 or script(name) != "Latn":
        return None
    tail = rng.choice(("", " ")) + rng.choice(POLITE)
    return f"{parts[-1]}/{''.join(parts[:-1])}".upper() + tail


def sentence(name: str, rng: random.Random) -> str | None:
    return rng.choice(SENTENCES).format(name) if len(name.split()) > 1 else None


def cut(name: str, rng: random.Random) -> str | None:
    width = rng.choice((12, 18, 24, 35))
    return name[:width].strip() if len(name) > width + 2 else None


def acronym(name: str, _rng: random.Random) -> str | None:
    parts = [
        p for p in re.findall(r"[A-Za-z]+", name) if p.lower() not in ("of", "the", "and", "for")
    ]
    return "".join(p[0] for p in parts).upper() if 3 <= len(parts) <= 7 else None


def glued(name: str, _rng: random.Random) -> str | None:
    return name.replace(" ", "") if len(name.split()) > 1 and len(name) > 8 else None


def initials(name: str, rng: random.Random) -> str | None:
    parts = name.split()
    if len(parts) < 2 or script(name) not in ("Latn", "Cyrl"):
        return None
    first = [f"{p[0]}." for p in parts[:-1]]
    return rng.choice((" ".join([parts[-1], *first]), f"{parts[-1]} {''.join(first)}"))


def by_ear(name: str, rng: random.Random) -> str | None:
    low, done = name.lower(), 0
    for old, new in rng.sample(EARS, len(EARS)):
        if old in low and done < 2:
            low, done = low.replace(old, new, 1), done + 1
    return low.title() if done else None


def arabic_habit(name: str, rng: random.Random) -> str | None:
    out, done = name, 0
    for old, new in rng.sample(ARABIC_HABITS, len(ARABIC_HABITS)):
        if old in out and done < 2:
            out, done = out.replace(old, new), done + 1
    return out if done and script(name) == "Arab" else None


def traditional(name: str, _rng: random.Random) -> str | None:
    out = "".join(FULL[SIMPLE.index(c)] if c in SIMPLE else c for c in name)
    return out if out != name else None


def wade(name: str, _rng: random.Random) -> str | None:
    parts = name.lower().split()
    if len(parts) not in (2, 3):
        return None
    out = []
    for part in parts:
        for pair in WADE:
            old, new = pair.split("=")
            if part.startswith(old):
                out.append(new.replace("'", "") + part[len(old) :])
                break
        else:
            out.append(part)
    return " ".join(out).title() if out != parts else None


def evasive(name: str, rng: random.Random) -> str | None:
    spots = [i for i, c in enumerate(name) if c in LOOKALIKE]
    if len(spots) < 2 or script(name) != "Latn":
        return None
    chars = list(name)
    for i in rng.sample(spots, min(3, len(spots))):
        chars[i] = LOOKALIKE[chars[i]]
    chars.insert(rng.randrange(1, len(chars)), rng.choice("\u200b\u00ad\u202e"))
    return "".join(chars)


CHANGES: dict[str, tuple[Callable[[str, random.Random], str | None], str]] = {
    "wrong_keyboard": (wrong_keyboard, "Person"),
    "nickname": (nickname, "Person"),
    "booking": (booking, "Person"),
    "sentence": (sentence, ""),
    "cut": (cut, ""),
    "acronym": (acronym, "Organization"),
    "glued": (glued, ""),
    "initials": (initials, "Person"),
    "by_ear": (by_ear, "Person"),
    "arabic_habit": (arabic_habit, "Person"),
    "traditional": (traditional, "Person"),
    "wade": (wade, "Person"),
    "evasive": (evasive, ""),
}


def rows(path: Path) -> list[dict]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _strong(entity: dict) -> list[str]:
    return entity["names"] + [a["name"] for a in entity["aliases"] if a["quality"] != "weak"]


def _owners(entities: list[dict]) -> dict[str, set[str]]:
    owner: dict[str, set[str]] = defaultdict(set)
    for entity in entities:
        for name in entity["names"] + [a["name"] for a in entity["aliases"]]:
            owner[key(name)].add(entity["id"])
    return owner


def _other_authority(entities: list[dict], theirs: list[dict], owner: dict) -> Iterator[dict]:
    """Spellings that another authority gives an entity which both call by one name."""
    by_id = {e["id"]: e for e in entities}
    for other in theirs:
        both = {i for n in _strong(other) if len(n.split()) > 1 for i in owner.get(key(n), ())}
        both = {i for i in both if by_id[i]["schema"] == other["schema"]}
        if len(both) != 1:
            continue
        for name in _strong(other):
            if key(name) not in owner and len(key(name)) > 8:
                target = by_id[next(iter(both))]
                yield _case(name, f"other_authority_{script(name).lower()}", target, owner)


def _case(name: str, kind: str, entity: dict, owner: dict) -> dict:
    targets = {entity["id"]}.union(*(owner[key(n)] for n in _strong(entity)))
    return {
        "name": name,
        "kind": kind,
        "script": script(name),
        "schema": entity["schema"],
        "targets": sorted(targets),
        "births": entity["births"][:1],
        "countries": entity["countries"][:1],
    }


def _innocents(theirs: list[dict], population: Path, rng: random.Random) -> Iterator[dict]:
    with gzip.open(population, "rt", encoding="utf-8") as lines:
        text = lines.read()
    people = list(csv.DictReader(io.StringIO(text)))
    rng.shuffle(people)
    given = [(e, e["names"][0].split()) for e in theirs if e["names"]]
    for row in people[:2500]:
        yield {
            "name": row["full_name"],
            "schema": "Person",
            "births": [row["date_of_birth"]],
            "kind": "population",
        }
    for _ in range(2500):
        (a, one), (b, two) = rng.sample(given, 2)
        if a["schema"] == b["schema"] and script(a["names"][0]) == script(b["names"][0]):
            mixed = " ".join([*one[: max(1, len(one) - 1)], two[-1]])
            yield {"name": mixed, "schema": a["schema"], "births": [], "kind": "hard"}
    native = [
        n
        for e in theirs
        for n in _strong(e)
        if script(n) in ("Cyrl", "Arab") and len(n.split()) > 1
    ]
    for _ in range(1600):
        one, two = rng.sample(native, 2)
        if script(one) == script(two):
            mixed = f"{one.split()[0]} {two.split()[-1]}"
            yield {"name": mixed, "schema": "Person", "births": [], "kind": "population"}


def make(data: Path, per_kind: int = 150, seed: int = SEED) -> tuple[list[dict], list[dict]]:
    """Return (entities of the list, cases) out of the folder of screening data."""
    rng = random.Random(seed)
    entities, theirs = rows(data / "list_bench.jsonl.gz"), rows(data / "list_eu.jsonl.gz")
    owner = _owners(entities)
    cases = list(_other_authority(entities, theirs, owner))
    rng.shuffle(cases)
    cases = cases[: per_kind * 8]
    for kind, (change, schema) in CHANGES.items():
        left = per_kind
        for entity in rng.sample(entities, len(entities)):
            if schema and entity["schema"] != schema:
                continue
            source = rng.choice(_strong(entity))
            changed = change(source, rng)
            if kind == "wade" and not {"cn", "tw", "hk"} & set(entity["countries"]):
                continue
            if changed and changed != source and key(changed) not in owner and left:
                cases.append(_case(changed, kind, entity, owner))
                left -= 1
    for row in _innocents(theirs, data / "pairs/population_us_50k.csv.gz", rng):
        if key(row["name"]) not in owner:
            cases.append(row | {"script": script(row["name"]), "targets": [], "countries": []})
    rng.shuffle(cases)
    return entities, [c | {"qid": f"s{i:05d}"} for i, c in enumerate(cases)]


def write(data: Path, target: Path) -> None:
    """Write the cases as the probe reads them; the list is the probe's own."""
    _, cases = make(data)
    with target.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as out:
        for case in cases:
            out.write((json.dumps(case, ensure_ascii=False, sort_keys=True) + "\n").encode())


if __name__ == "__main__":
    import sys

    write(Path(sys.argv[1]), Path(sys.argv[2]))
