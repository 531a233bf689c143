"""The archive of a sample opens with the customary password in a reader that is not ours."""

import io

import pytest
import pyzipper

from detente.app.sample_zip import PASSWORD, pack_sample

SALT = bytes(range(16))


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 65_535, 65_536, 65_537, 200_000])
def test_another_reader_opens_it(size: int) -> None:
    data = bytes(at % 251 for at in range(size))
    packed = pack_sample("образец.exe", data, SALT)
    with pyzipper.AESZipFile(io.BytesIO(packed)) as opened:
        (one,) = opened.infolist()
        assert (one.filename, one.file_size, one.CRC) == ("образец.exe", size, 0)
        assert one.flag_bits & 1
        opened.setpassword(PASSWORD)
        assert opened.read(one) == data


def test_it_opens_with_no_other_password_and_not_when_it_was_changed() -> None:
    packed = pack_sample("a", b"some bytes of a sample", SALT)
    with pyzipper.AESZipFile(io.BytesIO(packed)) as opened:
        opened.setpassword(b"INFECTED")
        with pytest.raises(RuntimeError):
            opened.read("a")
    flipped = bytearray(packed)
    flipped[packed.index(SALT) + 20] ^= 1
    with pyzipper.AESZipFile(io.BytesIO(bytes(flipped))) as opened:
        opened.setpassword(PASSWORD)
        with pytest.raises(pyzipper.BadZipFile):
            opened.read("a")


def test_nothing_of_the_file_stands_in_the_archive_in_the_clear() -> None:
    data = b"X5O!P%@AP sample of a test" * 10
    assert data[:12] not in pack_sample("a", data, SALT)
    assert pack_sample("a", data, SALT) != pack_sample("a", data, bytes(16))
