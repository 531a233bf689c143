import os
import socket
import stat
from pathlib import Path

import pytest

from detente.core.errors import OurFault
from detente.paths.unix import GROUP, OWN, connect_unix, listen_unix, peer_user


def test_who_connects_is_known_by_process_and_system_user(tmp_path: Path) -> None:
    path = tmp_path / "admin.sock"
    with listen_unix(path) as listener, connect_unix(path) as asking:
        assert asking.getblocking() is True
        answering, _ = listener.accept()
        with answering:
            me = (os.getpid(), os.getuid(), os.getgid())
            assert peer_user(answering) == me
            assert peer_user(asking) == me


def test_the_socket_is_for_its_own_system_user_and_does_not_wait(tmp_path: Path) -> None:
    path = tmp_path / "admin.sock"
    with listen_unix(path) as listener:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert listener.getblocking() is False


def test_nobody_there_means_not_running_and_says_how_to_start(tmp_path: Path) -> None:
    with pytest.raises(OurFault, match="not running; start it with `detente run`") as raised:
        connect_unix(tmp_path / "admin.sock")
    assert raised.value.code == "run.not_running"


def test_a_socket_that_a_dead_process_left_means_not_running(tmp_path: Path) -> None:
    path = tmp_path / "admin.sock"
    listen_unix(path).close()
    assert path.exists()
    with pytest.raises(OurFault) as raised:
        connect_unix(path)
    assert raised.value.code == "run.not_running"


def test_a_socket_that_a_dead_process_left_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "admin.sock"
    listen_unix(path).close()
    with listen_unix(path), connect_unix(path):
        pass


def test_a_socket_that_answers_is_not_taken_away(tmp_path: Path) -> None:
    path = tmp_path / "admin.sock"
    with listen_unix(path) as first:
        with pytest.raises(OurFault) as raised:
            listen_unix(path)
        assert raised.value.code == "run.already"
        first.accept()[0].close()  # the knock
        with connect_unix(path):
            first.accept()[0].close()


def test_a_listener_too_busy_to_answer_is_not_taken_away(tmp_path: Path) -> None:
    path = tmp_path / "admin.sock"
    with socket.socket(socket.AF_UNIX) as busy, socket.socket(socket.AF_UNIX) as waiting:
        busy.bind(str(path))
        busy.listen(0)
        waiting.connect(str(path))  # the one place in its queue
        with pytest.raises(OurFault) as raised:
            listen_unix(path)
        assert raised.value.code == "run.already"
    assert path.exists()


def test_a_file_that_is_no_socket_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "admin.sock"
    path.write_text("kept")
    with pytest.raises(OurFault) as raised:
        listen_unix(path)
    assert raised.value.code == "path.unusable"
    assert path.read_text() == "kept"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may do everything")
def test_a_folder_of_another_user_is_a_question_of_permission(tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir(mode=0o500)
    with pytest.raises(OurFault) as raised:
        listen_unix(folder / "admin.sock")
    assert raised.value.code == "path.permission"


def test_a_path_too_long_for_a_socket_says_so(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 120)
    with pytest.raises(OurFault) as raised:
        listen_unix(path)
    assert raised.value.code == "path.unusable"
    assert "too long" in raised.value.what
    with pytest.raises(OurFault) as raised:
        connect_unix(path)
    assert raised.value.code == "path.unusable"


@pytest.mark.parametrize("mode", [OWN, GROUP])
@pytest.mark.parametrize("mask", [0o000, 0o077])
def test_a_socket_has_the_mode_asked_for_whatever_the_mask_which_stays(
    tmp_path: Path, mode: int, mask: int
) -> None:
    path = tmp_path / "desk.sock"
    before = os.umask(mask)
    try:
        with listen_unix(path, mode):
            assert stat.S_IMODE(path.stat().st_mode) == mode
    finally:
        after = os.umask(before)
    assert after == mask


def test_a_socket_that_cannot_be_made_leaves_the_mask_as_it_was(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with pytest.raises(OurFault):
            listen_unix(tmp_path / "nowhere" / "desk.sock")
    finally:
        after = os.umask(before)
    assert after == 0o027
