"""Rules by which texts go by themselves, and the steps of a purge inside a node's loop."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.outcomes import fault_of

from detente.app import config
from detente.app.operating import retention
from detente.app.operating.retention import Rule
from detente.core.moment import Moment
from detente.node.care import Order

NOW = Moment.parse("2026-11-22T10:00:00.000Z")


@pytest.fixture
def settings(tmp_path: Path) -> Callable[[str], config.Config]:
    def made(rules: str) -> config.Config:
        text = f'[party]\nname = "aurelia.gov"\n[retention]\nrules = {rules}\n'
        (tmp_path / "detente.toml").write_text(text)
        return config.load(str(tmp_path))

    return made


def test_no_rule_is_the_default(settings: Callable[[str], config.Config]) -> None:
    assert retention.rules(settings("[]")) == ()


def test_a_rule_names_a_desk_or_a_kind_and_days(settings: Callable[[str], config.Config]) -> None:
    found = retention.rules(settings('["cert=30", "cert.answer=400"]'))
    assert found == (Rule("cert", 30), Rule("cert.answer", 400))
    before = Moment(NOW.ms - 30 * retention.DAY)
    assert found[0].order(NOW) == Order(before, "rule cert=30", desk="cert")
    assert found[1].order(NOW).kind == "cert.answer"
    assert found[1].order(NOW).desk == ""


@pytest.mark.parametrize("rule", ["cert", "cert=29", "cert=-1", "CERT=40", "=40", "cert=4 0", ""])
def test_a_rule_of_another_form_or_a_shorter_term_is_refused(
    settings: Callable[[str], config.Config], rule: str
) -> None:
    assert fault_of(retention.rules, settings(f'["{rule}"]')) == "config.bad"
