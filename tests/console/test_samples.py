"""A sample of malware: named by its sender or by a person here, warned of, and given out locked."""

import io

import pytest
import pyzipper
from tests.office.test_files import data_of, inspect
from tests.support.household import PEOPLE, Household
from tests.support.outcomes import fault_of

from detente.app.sample_zip import PASSWORD
from detente.office import samples
from detente.office.files import PIECE

SIZE = PIECE + 77


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Household:
    return Household(tmp_path_factory.mktemp("house"))


def come(house: Household, *names: str) -> bytes:
    """Let the peer send files."""
    peer, now = house.other, house.net.now
    handles = tuple(peer.office.files.take(each, data_of(SIZE), now) for each in names)
    mid = peer.send("with files", house.side, attach=handles)
    house.net.settle()
    inspect(house.net)
    return mid


def opened(data: bytes) -> tuple[str, bytes]:
    with pyzipper.AESZipFile(io.BytesIO(data)) as found:
        (one,) = found.namelist()
        found.setpassword(PASSWORD)
        return one, found.read(one)


def test_what_its_sender_calls_a_sample_is_warned_of_and_given_out_locked(house: Household) -> None:
    mid = come(house, samples.named("invoice.exe"))
    path = f"record/{mid.hex()}/file/0"
    page = house.get("reader", path)
    assert page.content_type.startswith("text/html")
    assert data_of(SIZE)[:64] not in page.data
    for each in ("invoice.exe.sample", "infected", "its sender", f'action="/{path}/locked"'):
        assert each in page.data.decode(), each
    given = house.post("reader", f"{path}/locked")
    assert given.content_type == "application/octet-stream"
    assert (
        given.headers["Content-Disposition"]
        == "attachment; filename*=UTF-8''invoice.exe.sample.zip"
    )
    assert opened(given.data) == ("invoice.exe", data_of(SIZE))


def test_no_way_gives_a_sample_out_as_it_is(house: Household) -> None:
    mid = come(house, samples.named("invoice.exe"))
    office = house.side.office
    assert fault_of(office.records.file, PEOPLE["reader"], mid, 0, 0) == "file.sample"
    answer = house.api("reader", "GET", f"record/{mid.hex()}/file/0")
    assert answer.status in (404, 409, 422)
    assert data_of(64) not in answer.data
    assert office.records.file(PEOPLE["reader"], mid, 0, 0, sample=True) == data_of(SIZE)[:PIECE]


def test_a_person_here_calls_any_file_one_and_from_then_on_it_is(house: Household) -> None:
    mid = come(house, "letter.doc", "notes.txt")
    path = f"record/{mid.hex()}/file/0"
    assert house.get("reader", path).data == data_of(SIZE)
    assert house.post("guest", f"{path}/sample").status in (403, 404)
    assert house.get("reader", path).data == data_of(SIZE), "not by who reads nothing"
    assert house.post("reader", f"{path}/sample").status == 303
    assert house.post("drafter", f"{path}/sample").status == 303
    page = house.get("drafter", path).data.decode()
    assert "reader" in page, "whoever said it first"
    assert opened(house.post("drafter", f"{path}/locked").data) == ("letter.doc", data_of(SIZE))
    assert house.get("reader", f"record/{mid.hex()}/file/1").data == data_of(SIZE), "it alone"
    row, _ = house.side.office.records.find(mid)
    house.post("reader", f"record/{mid.hex()}/read")
    assert "Sample of malware" in house.get("reader", f"matter/{row.text('matter')}").data.decode()


@pytest.mark.parametrize(
    ("given", "named", "inside"),
    [
        ("a.exe", "a.exe.sample", "a.exe"),
        ("a.exe.sample", "a.exe.sample", "a.exe"),
        ("A.SAMPLE", "A.SAMPLE", "A"),
        ("../../a.exe", "a.exe.sample", "a.exe"),
        (".sample", "sample.sample", "sample"),
        ("x" * 300, "x" * 193 + ".sample", "x" * 193),
    ],
)
def test_a_sample_travels_under_a_name_that_nothing_opens(
    given: str, named: str, inside: str
) -> None:
    assert samples.named(given) == named
    assert samples.is_named(named)
    assert samples.real_name(named) == inside


def test_a_sample_that_does_not_fit_memory_is_not_locked_here(
    house: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("detente.app.console.pages.files.SIZE_MAX", SIZE - 1)
    mid = come(house, samples.named("large.bin"))
    path = f"record/{mid.hex()}/file/0"
    assert "/locked" not in house.get("reader", path).data.decode()
    assert house.post("reader", f"{path}/locked").status == 413
