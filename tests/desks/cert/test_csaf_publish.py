import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import jsonschema_rs
import pytest
from click.testing import CliRunner
from tests.desks.cert.advisories import changed, encoded

from detente.app.cli import Root
from detente.core.errors import OurFault
from detente.desks.cert.formats.csaf import openpgp
from detente.desks.cert.formats.csaf.publish import Directory, Provider, publish

BASE = "https://cert.aurelia.example/csaf/"
PROVIDER = Provider(BASE, "2026-11-22T10:00:00.000Z")
PATH = "white/2026/aur-2026-0007.json"
LABEL = "/document/distribution/tlp/label"
TRACKING = "/document/tracking"
NEWER = (
    (f"{TRACKING}/version", "3"),
    (f"{TRACKING}/current_release_date", "2026-11-21T10:00:00Z"),
    (
        f"{TRACKING}/revision_history/-",
        {"date": "2026-11-21T10:00:00Z", "number": "3", "summary": "Corrected."},
    ),
)
# A program in place of one that holds a key: it answers with the armour of a signature.
SIGNER = [
    sys.executable,
    "-c",
    (
        "import sys,base64,hashlib;d=hashlib.sha256(sys.stdin.buffer.read()).digest();"
        "print('-----BEGIN PGP SIGNATURE-----\\n\\n'+base64.b64encode(d).decode()"
        "+'\\n-----END PGP SIGNATURE-----')"
    ),
]
# The key of RFC 9580, appendix A.3, and its fingerprint.
KEY_6 = b"""-----BEGIN PGP PUBLIC KEY BLOCK-----

xioGY4d/4xsAAAAg+U2nu0jWCmHlZ3BqZYfQMxmZu52JGggkLq2EVD34laPCsQYf
GwoAAABCBYJjh3/jAwsJBwUVCg4IDAIWAAKbAwIeCSIhBssYE8GCaaX5NUt+mxyK
wwfHifBilZwj2Ul7Ce62azJJBScJAgcCAAAAAK0oIBA+LX0ifsDm185Ecds2v8lw
gyU2kCcUmKfvBXbAf6rhRYWzuQOwEn7E/aLwIwRaLsdry0+VcallHhSu4RN6HWaE
QsiPlR4zxP/TP7mhfVEe7XWPxtnMUMtf15OyA51YBM4qBmOHf+MZAAAAIIaTJINn
+eUBXbki+PSAld2nhJh/LVmFsS+60WyvXkQ1wpsGGBsKAAAALAWCY4d/4wKbDCIh
BssYE8GCaaX5NUt+mxyKwwfHifBilZwj2Ul7Ce62azJJAAAAAAQBIKbpGG2dWTX8
j+VjFM21J0hqWlEg+bdiojWnKfA5AQpWUWtnNwDEM0g12vYxoWM8Y81W+bHBw805
I8kWVkXU6vFOi+HWvv/ira7ofJu16NnoUkhclkUrk0mXubZvyl4GBg==
-----END PGP PUBLIC KEY BLOCK-----
"""
PRINT_6 = "CB186C4F0609A697E4D52DFA6C722B0C1F1E27C18A56708F6525EC27BAD9ACC9"


SHARED = Path(os.environ.get("DETENTE_SHARED", Path(__file__).parents[3].parent / "shared"))


def held(made: Directory) -> dict[str, bytes]:
    return {
        path: data for path, data in made.files.items() if "/2026/" in path and path[-5:] == ".json"
    }


def test_an_advisory_stands_in_its_folder_with_index_feed_and_hashes() -> None:
    data = encoded(changed())
    made = publish({}, [data], PROVIDER)
    assert made.files[PATH] == data
    assert (
        made.files[f"{PATH}.sha256"] == f"{sha256(data).hexdigest()}  aur-2026-0007.json\n".encode()
    )
    assert made.files["white/index.txt"] == b"2026/aur-2026-0007.json\n"
    assert made.files["white/changes.csv"] == b'"2026/aur-2026-0007.json","2026-11-20T10:00:00Z"\n'
    feed = json.loads(made.files["white/csaf-feed-tlp-white.json"])["feed"]
    assert feed["link"] == [{"rel": "self", "href": f"{BASE}white/csaf-feed-tlp-white.json"}]
    (entry,) = feed["entry"]
    assert entry["content"] == {"src": BASE + PATH, "type": "application/json"}
    assert [link["rel"] for link in entry["link"]] == ["self", "hash", "hash"]
    assert entry["updated"] == feed["updated"] == "2026-11-20T10:00:00Z"
    metadata = json.loads(made.files["provider-metadata.json"])
    assert metadata["canonical_url"] == f"{BASE}provider-metadata.json"
    assert metadata["role"] == "csaf_provider"
    assert metadata["publisher"]["name"] == "CERT Aurelia"
    assert metadata["distributions"][1] == {"directory_url": f"{BASE}white"}
    assert made.signed == made.dropped == ()


def test_with_a_key_it_is_a_trusted_providers() -> None:
    made = publish({}, [encoded(changed())], Provider(BASE, PROVIDER.now, (KEY_6, PRINT_6)))
    metadata = json.loads(made.files["provider-metadata.json"])
    assert metadata["role"] == "csaf_trusted_provider"
    assert metadata["public_openpgp_keys"] == [
        {"fingerprint": PRINT_6, "url": f"{BASE}openpgp/{PRINT_6}.asc"}
    ]
    assert made.files[f"openpgp/{PRINT_6}.asc"] == KEY_6
    assert made.signed == (PATH,)
    links = json.loads(made.files["white/csaf-feed-tlp-white.json"])["feed"]["entry"][0]["link"]
    assert links[-1] == {"rel": "signature", "href": f"{BASE}{PATH}.asc"}


def test_the_metadata_has_the_shape_that_the_standard_publishes() -> None:
    folder = SHARED / "data" / "cert" / "csaf" / "examples"
    if not folder.exists():
        pytest.skip(f"the public schemas of CSAF 2.0 are not at {folder}")
    schema = json.loads((folder / "provider_json_schema.json").read_bytes())
    advisory = json.loads((folder / "csaf_json_schema.json").read_bytes())
    publisher = advisory["properties"]["document"]["properties"]["publisher"]
    schema["properties"]["publisher"] = publisher
    made = publish({}, [encoded(changed())], Provider(BASE, PROVIDER.now, (KEY_6, PRINT_6)))
    jsonschema_rs.validator_for(schema).validate(json.loads(made.files["provider-metadata.json"]))


def test_each_label_has_its_own_folder_and_nothing_of_one_stands_in_another() -> None:
    amber = changed((LABEL, "AMBER"), (f"{TRACKING}/id", "AUR-2026-0008"))
    made = publish({}, [encoded(changed()), encoded(amber)], PROVIDER)
    assert (
        b"0008" not in made.files["white/index.txt"] + made.files["white/csaf-feed-tlp-white.json"]
    )
    assert made.files["amber/index.txt"] == b"2026/aur-2026-0008.json\n"
    feeds = json.loads(made.files["provider-metadata.json"])["distributions"][0]["rolie"]["feeds"]
    assert [feed["tlp_label"] for feed in feeds] == ["WHITE", "AMBER"]


def test_the_newest_change_stands_first() -> None:
    other = changed((f"{TRACKING}/id", "AUR-2026-0001"), *NEWER)
    made = publish({}, [encoded(changed()), encoded(other)], PROVIDER)
    lines = made.files["white/changes.csv"].decode().splitlines()
    assert [line[1:24] for line in lines] == ["2026/aur-2026-0001.json", "2026/aur-2026-0007.json"]


def test_a_newer_version_takes_the_place_of_the_older_one() -> None:
    first = publish({}, [encoded(changed())], PROVIDER)
    data = encoded(changed(*NEWER))
    made = publish(held(first), [data], PROVIDER)
    assert held(made) == {PATH: data}


def test_an_advisory_that_is_marked_anew_leaves_its_old_folder() -> None:
    first = publish({}, [encoded(changed((LABEL, "GREEN")))], PROVIDER)
    made = publish(held(first), [encoded(changed(*NEWER))], PROVIDER)
    assert made.dropped == ("green/2026/aur-2026-0007.json",)
    assert list(held(made)) == [PATH]
    assert made.files["green/index.txt"] == made.files["green/changes.csv"] == b""
    assert json.loads(made.files["green/csaf-feed-tlp-green.json"])["feed"]["entry"] == []


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ((), (("/document/title", None),), "csaf.invalid"),
        ((), (("/document/distribution", None),), "no TLP label"),
        ((), ((LABEL, "RED"),), "TLP:RED"),
        ((), ((f"{TRACKING}/status", "draft"),), "is a draft"),
        (NEWER, (), "a newer version"),
        ((), (("/document/title", "Another title"),), "with other content"),
        ((), (("/document/publisher/namespace", "https://borealis.example"),), "several publishers"),
        ((), ((f"{TRACKING}/id", "aur 2026 0007"),), "same file name"),
    ],
)  # fmt: skip
def test_what_cannot_stand_in_a_directory_is_refused(
    before: tuple[tuple[str, object], ...], after: tuple[tuple[str, object], ...], words: str
) -> None:
    if words == "same file name":
        before = ((f"{TRACKING}/id", "aur+2026_0007"),)
        after = ((f"{TRACKING}/id", "aur+2026 0007"),)
    first = publish({}, [encoded(changed(*before))], PROVIDER)
    with pytest.raises(OurFault, match=words):
        publish(held(first), [encoded(changed(*after))], PROVIDER)


def test_a_file_that_is_not_in_its_place_is_named() -> None:
    with pytest.raises(OurFault, match="not where it belongs"):
        publish({"green/2026/aur-2026-0007.json": encoded(changed())}, [], PROVIDER)


@pytest.mark.parametrize("base", ["http://cert.example/", "https://cert.example"])
def test_an_address_is_by_https_and_a_folder(base: str) -> None:
    with pytest.raises(OurFault, match="--url"):
        publish({}, [encoded(changed())], Provider(base, PROVIDER.now))


def test_the_fingerprint_of_a_key_of_version_6_is_that_of_the_standard() -> None:
    assert openpgp.fingerprint(KEY_6) == PRINT_6


@pytest.mark.parametrize(
    "data",
    [b"", b"no armour", KEY_6.replace(b"PUBLIC KEY BLOCK", b"SIGNATURE"), KEY_6[:-40],
     b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n-----END PGP PUBLIC KEY BLOCK-----\n",
     b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nxioGY4d/\n-----END PGP PUBLIC KEY BLOCK-----\n"],
)  # fmt: skip
def test_what_is_no_key_is_refused(data: bytes) -> None:
    with pytest.raises(OurFault, match=r"csaf\.signer"):
        openpgp.fingerprint(data)


@pytest.fixture
def gnupg(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Give the surroundings of a program that holds a key of its own, or skip."""
    if not shutil.which("gpg"):
        pytest.skip("there is no gpg on this machine")
    home = tmp_path / "g"
    home.mkdir(mode=0o700)
    around = {**os.environ, "GNUPGHOME": str(home)}
    make = [
        "gpg",
        "--batch",
        "--passphrase",
        "",
        "--quick-gen-key",
        "cert@aurelia.example",
        "ed25519",
    ]
    subprocess.run(make, env=around, check=True, capture_output=True, timeout=120)
    yield around
    subprocess.run(["gpgconf", "--kill", "all"], env=around, check=False, timeout=60)


def run(*words: str) -> dict[str, object]:
    done = CliRunner().invoke(
        Root("detente"), ["cert", "csaf", *words, "--json"], standalone_mode=False
    )
    if done.exception:
        raise done.exception
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_what_gpg_signs_gpg_holds_to_be_signed_and_the_fingerprint_is_its_own(
    tmp_path: Path, gnupg: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GNUPGHOME", gnupg["GNUPGHOME"])
    key, advisory, folder = tmp_path / "key.asc", tmp_path / "a.json", tmp_path / "csaf"
    public = subprocess.run(
        ["gpg", "--armor", "--export"], env=gnupg, check=True, capture_output=True, timeout=60
    ).stdout
    key.write_bytes(public)
    advisory.write_bytes(encoded(changed()))
    shown = subprocess.run(
        ["gpg", "--with-colons", "--fingerprint"],
        env=gnupg,
        check=True,
        capture_output=True,
        timeout=60,
    ).stdout.decode()
    assert f":{openpgp.fingerprint(public)}:" in shown
    run("publish", str(advisory), "--to", str(folder), "--url", BASE,
        "--sign-by", "gpg --batch --armor --detach-sign", "--key", str(key))  # fmt: skip
    check = ["gpg", "--verify", str(folder / f"{PATH}.asc"), str(folder / PATH)]
    assert (
        subprocess.run(check, env=gnupg, check=False, capture_output=True, timeout=60).returncode
        == 0
    )


def test_the_verb_writes_the_folder_and_signs_again_only_what_changed(tmp_path: Path) -> None:
    key, advisory, folder = tmp_path / "key.asc", tmp_path / "a.json", tmp_path / "csaf"
    key.write_bytes(KEY_6)
    advisory.write_bytes(encoded(changed((LABEL, "AMBER"))))
    signer = " ".join(f"'{word}'" if word[0] != "i" else f'"{word}"' for word in SIGNER)
    first = run("publish", str(advisory), "--to", str(folder), "--url", BASE,
                "--sign-by", signer, "--key", str(key))  # fmt: skip
    path = PATH.replace("white", "amber")
    assert first["signed"] == [f"{path}.asc"]
    assert (folder / path).stat().st_mode & 0o777 == 0o640
    assert (folder / "amber").stat().st_mode & 0o777 == 0o750
    assert (folder / "provider-metadata.json").stat().st_mode & 0o777 == 0o644
    again = run("publish", "--to", str(folder), "--sign-by", signer, "--key", str(key))
    assert again["signed"] == []
    assert again["advisories"] == [path]
    advisory.write_bytes(encoded(changed(*NEWER)))
    moved = run(
        "publish", str(advisory), "--to", str(folder), "--sign-by", signer, "--key", str(key)
    )
    assert moved["dropped"] == [path]
    assert not list((folder / "amber" / "2026").iterdir())
    assert (folder / f"{PATH}.asc").read_bytes().startswith(b"-----BEGIN PGP SIGNATURE")


@pytest.mark.parametrize("signer", ["false", "true", "no-such-program-here"])
def test_a_program_that_does_not_sign_is_told_and_nothing_is_written(
    tmp_path: Path, signer: str
) -> None:
    key, advisory, folder = tmp_path / "key.asc", tmp_path / "a.json", tmp_path / "csaf"
    key.write_bytes(KEY_6)
    advisory.write_bytes(encoded(changed()))
    with pytest.raises(OurFault, match=r"csaf\.signer"):
        run("publish", str(advisory), "--to", str(folder), "--url", BASE, "--sign-by", signer,
            "--key", str(key))  # fmt: skip
    assert not folder.exists()


def test_the_verb_check_tells_findings_and_ends_with_one_if_there_is_an_error(
    tmp_path: Path,
) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(encoded(changed(("/document/lang", "zy"))))
    words = ["cert", "csaf", "check", str(file), "--lang", "en"]
    done = CliRunner().invoke(Root("detente"), words[:4], standalone_mode=False)
    assert done.return_value == 1
    assert "6.1.12" in done.stdout
    assert "/document/lang" in done.stdout
    file.write_bytes(encoded(changed()))
    assert run("check", str(file)) == {"valid": True, "findings": [], "more": False}
