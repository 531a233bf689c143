"""Where the console is, and its certificate."""

import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from tests.support.outcomes import fault_of

from detente.app import config
from detente.app.console import certificate
from detente.app.console.certificate import LIFE, RENEW, Files
from detente.app.console.settings import Place, place
from detente.core.moment import Moment, Span

NOW = Moment(1_795_000_000_000)


def settings(**told: str) -> config.Config:
    values = {f"{s}.{k}": v.default for s, m in config.SETTINGS.items() for k, v in m.items()}
    return config.Config(Path("/"), values | {f"console.{k}": v for k, v in told.items()})


def found(**told: str) -> Place:
    made = place(settings(**{"listen": "tcp://127.0.0.1:8443", **told}))
    assert made is not None
    return made


def test_without_an_address_there_is_no_console() -> None:
    assert place(settings()) is None


@pytest.mark.parametrize(
    ("told", "url"),
    [
        ({}, "https://localhost:8443"),
        ({"name": "Office.Aurelia.gov"}, "https://office.aurelia.gov:8443"),
        ({"tls": "off", "name": "aurelia.localhost"}, "http://aurelia.localhost:8443"),
        ({"tls": "proxy", "name": "office.aurelia.gov"}, "https://office.aurelia.gov"),
        ({"listen": "tcp://[::1]:8443", "name": "::1"}, "https://[::1]:8443"),
        ({"listen": "tcp://0.0.0.0:8443", "name": "10.0.0.7"}, "https://10.0.0.7:8443"),
    ],
)
def test_the_address_that_people_type(told: dict[str, str], url: str) -> None:
    assert found(**told).url == url


@pytest.mark.parametrize("tls", ["off", "proxy"])
@pytest.mark.parametrize("listen", ["tcp://0.0.0.0:1", "tcp://198.51.100.7:1", "tcp://[::]:1"])
def test_plain_http_is_for_this_machine_alone(tls: str, listen: str) -> None:
    assert fault_of(lambda: found(tls=tls, listen=listen)) == "config.bad"
    assert found(tls=tls, listen="tcp://[::1]:1").tls is False


@pytest.mark.parametrize(
    "told",
    [
        {"tls": "on"}, {"name": ""}, {"name": "a b"}, {"name": "-a"}, {"name": "a" * 254},
        {"name": "https://a"}, {"name": "a:1"}, {"certificate": "c.pem"}, {"key": "k.pem"},
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(told: dict[str, str]) -> None:
    assert fault_of(lambda: found(**told)) == "config.bad"


def test_our_certificate_is_p_256_and_names_the_console(tmp_path: Path) -> None:
    files, fresh = certificate.own(tmp_path, "office.aurelia.gov", NOW)
    assert fresh
    made = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    key = made.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert isinstance(key.curve, ec.SECP256R1)
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["office.aurelia.gov"]
    assert files.key.stat().st_mode & 0o777 == 0o600
    assert isinstance(certificate.context(files), ssl.SSLContext)


def test_it_stays_until_it_is_due(tmp_path: Path) -> None:
    files, _ = certificate.own(tmp_path, "a.test", NOW)
    first = files.certificate.read_bytes()
    due = NOW + Span(LIFE.ms - RENEW.ms)
    assert not certificate.own(tmp_path, "a.test", Moment(due.ms - 1))[1]
    assert files.certificate.read_bytes() == first
    assert certificate.own(tmp_path, "a.test", due)[1]
    assert files.certificate.read_bytes() != first


def test_another_name_or_a_lost_or_foreign_file_makes_another(tmp_path: Path) -> None:
    files, _ = certificate.own(tmp_path, "a.test", NOW)
    assert certificate.own(tmp_path, "10.0.0.7", NOW)[1]
    assert not certificate.own(tmp_path, "10.0.0.7", NOW)[1]
    other, _ = certificate.own(tmp_path / "other", "10.0.0.7", NOW)
    files.key.write_bytes(other.key.read_bytes())
    assert certificate.own(tmp_path, "10.0.0.7", NOW)[1]
    for each, data in ((files.key, b"nonsense"), (files.certificate, b"nonsense")):
        each.write_bytes(data)
        assert certificate.own(tmp_path, "10.0.0.7", NOW)[1]
        each.unlink()
        assert certificate.own(tmp_path, "10.0.0.7", NOW)[1]


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    files, _ = certificate.own(tmp_path, "a.test", NOW)
    assert certificate.given(files.certificate, files.key) == files
    files.key.chmod(0o640)
    assert fault_of(lambda: certificate.given(files.certificate, files.key)) == "config.bad"
    files.key.unlink()
    assert fault_of(lambda: certificate.given(files.certificate, files.key)) == "config.bad"


def test_files_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    one, _ = certificate.own(tmp_path / "one", "a.test", NOW)
    other, _ = certificate.own(tmp_path / "other", "a.test", NOW)
    bad = Files(one.certificate, other.key)
    assert fault_of(lambda: certificate.context(bad)) == "config.bad"
