"""The door: what lets in, what does not, and what nobody can tell from outside."""

from collections.abc import Callable
from dataclasses import replace

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.doors import ANNA, BOSS, HERE, PASSWORD, START, Rig

from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.office import keeping, passwords, tokens, totp
from detente.office.desk import Role
from detente.office.entering import LINK_LIFE, LINK_LIFE_MAX, SETUP_LIFE
from detente.office.limiter import ACCOUNT_FACTOR, CODES_WRONG_MAX, KEYS_MAX, Limiter, network_of
from detente.office.means import CHALLENGE_LIFE, PASSKEYS_MAX, Passkey
from detente.office.people import House
from detente.office.sessions import FRESH, SESSIONS_MAX, check_fresh
from detente.office.tokens import LIFE_MAX, TOKENS_MAX

STEP = Span(totp.STEP_MS)


def fault_of(step: Callable[..., object], *given: object, **named: object) -> OurFault:
    with pytest.raises(OurFault) as raised:
        step(*given, **named)
    return raised.value


def code_of(step: Callable[..., object], *given: object, **named: object) -> str:
    return fault_of(step, *given, **named).code


# Codes of an authenticator.


@given(secret=st.binary(min_size=20, max_size=20), ms=st.integers(0, 2**42))
def test_codes_are_those_of_every_authenticator(secret: bytes, ms: int) -> None:
    import base64  # noqa: PLC0415

    theirs = pyotp.TOTP(base64.b32encode(secret).decode())
    assert totp.code_at(secret, totp.step_of(Moment(ms))) == theirs.at(ms // 1000)


@given(secret=st.binary(min_size=20, max_size=20), away=st.integers(-12, 12))
def test_a_code_is_found_as_far_off_as_its_clock(secret: bytes, away: int) -> None:
    now = START
    here = totp.step_of(now)
    written = totp.code_at(secret, here + away)
    found = totp.match(secret, written, now)
    if abs(away) <= totp.STEPS_LOOKED_AT:
        assert found is not None
        assert totp.code_at(secret, found) == written
        assert abs(found - here) <= abs(away)
    assert totp.match(secret, "no code", now) is None


@pytest.mark.parametrize(
    ("away", "let_in"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_a_clock_may_be_one_step_off_each_way_and_how_far_is_remembered(
    away: int, *, let_in: bool
) -> None:
    rig = Rig()
    rig.set_up()
    rig.now += Span.of(minutes=5)
    code = rig.code(away)
    if let_in:
        assert rig.come(code=code).skew == away
    else:
        assert code_of(rig.come, code=code) == "signin.refused"
    assert rig.sign_in.means.of("anna", rig.now).skew == away


def test_a_code_lets_in_once_and_no_older_one_after_it() -> None:
    rig = Rig()
    rig.set_up()
    rig.now += STEP
    assert code_of(rig.come, code=rig.code(-1)) == "signin.refused"  # that of the set-up
    later = rig.code(1)
    assert rig.come(code=later).person == ANNA
    assert code_of(rig.come, code=later) == "signin.refused"
    assert code_of(rig.come, code=rig.code()) == "signin.refused"


def test_who_sets_up_with_a_clock_that_is_wrong_is_told_by_how_much() -> None:
    rig = Rig()
    setup = rig.sign_in.entrance.begin(rig.sign_in.enter_link(BOSS, "anna", rig.now), rig.now)
    rig.secret = rig.sign_in.entrance.setup_of(setup, rig.now).secret
    check = rig.sign_in.means.to_derive("anna")
    for code, said in ((rig.code(4), "2.0 minutes ahead of"), (rig.code(-6), "3.0 minutes behind")):
        fault = fault_of(
            rig.sign_in.entrance.choose_password, setup, check, b"x" * 32, code, rig.now
        )
        assert fault.code == "signin.refused"
        assert said in fault.what
    assert not rig.sign_in.means.of("anna", rig.now).enough


# Password and second thing.


def test_a_password_alone_is_never_enough() -> None:
    rig = Rig()
    rig.set_up()
    rig.now += STEP
    for code in ("", "000000", "12345", "٣٤٥٦٧٨", "x" * 500):
        assert code_of(rig.come, code=code) == "signin.refused"
    assert code_of(rig.come, password="wrong", code=rig.code()) == "signin.refused"
    assert rig.come(code=rig.code()).method == "password"  # a wrong password used no code up


def test_whoever_is_refused_hears_the_same() -> None:
    rig = Rig()
    rig.set_up()
    rig.now += STEP
    faults = [
        fault_of(rig.come, password="wrong", code=rig.code()),
        fault_of(rig.come, code="000000"),
        fault_of(rig.come, name="nobody", code=rig.code()),
        fault_of(rig.come, name="boss", code=rig.code()),  # who chose nothing yet
        fault_of(rig.come, name="\udc80\n<b>", code=rig.code()),
    ]
    rig.house.suspend("anna")
    faults.append(fault_of(rig.come, code=rig.code()))
    assert len({(each.code, each.what, each.remedy) for each in faults}) == 1
    assert rig.hashed == 1 + len(faults)  # and each after the same work


def test_a_name_is_found_however_it_is_typed_and_a_password_on_every_keyboard() -> None:
    rig = Rig()
    rig.set_up()
    rig.now += STEP
    assert rig.come(name=" Anna ", code=f" {rig.code()[:3]} {rig.code()[3:]}").person == ANNA
    assert passwords.normal("ﬁ é") == passwords.normal("fi e\u0301")


def test_a_recovery_code_lets_in_once() -> None:
    rig = Rig()
    codes = rig.set_up()
    assert len(codes) == 10
    assert len(set(codes)) == 10
    assert rig.come(code=codes[3].upper().replace("-", " ")).method == "recovery"
    assert code_of(rig.come, code=codes[3]) == "signin.refused"
    assert code_of(rig.come, password="wrong", code=codes[4]) == "signin.refused"
    assert rig.come(code=codes[4]).method == "recovery"
    assert rig.sign_in.means.of("anna", rig.now).recovery_left == 8
    fresh = rig.sign_in.means.new_recovery("anna")
    assert code_of(rig.come, code=codes[5]) == "signin.refused"
    assert rig.come(code=fresh[5]).method == "recovery"


def test_nothing_that_opens_a_door_stands_in_the_shelf_in_clear() -> None:
    rig = Rig()
    codes = rig.set_up()
    rig.now += STEP
    token = rig.enter()
    link = rig.sign_in.enter_link(BOSS, "boss", rig.now)
    api = rig.sign_in.new_token(ANNA, "feed", ("cert:read",), Span.of(days=1), rig.now)
    with rig.shelf.begin() as tx:
        rows = str([dict(row) for row in tx.rows(keeping.KEEP).find({}, None, 500)])
    secrets = (PASSWORD, token, link, api, rig.secret.hex(), *codes)
    assert [each for each in secrets if each in rows or each.replace("-", "") in rows] == []


# How often.


def test_a_thousand_wrong_passwords_are_stopped_before_hashing_and_lock_nobody_out() -> None:
    rig = Rig()
    rig.set_up()
    rig.now += STEP
    before = rig.hashed
    said = [code_of(rig.come, password=f"guess {n}", address="203.0.113.9") for n in range(1_000)]
    assert said.count("signin.refused") == rig.rules.wrong_per_minute
    assert rig.hashed - before == rig.rules.wrong_per_minute
    assert rig.told["signin.many", "anna", "203.0.113.9"] == 990
    assert rig.come(code=rig.code(), address="198.51.100.4").person == ANNA
    rig.now += Span.of(minutes=1)
    assert code_of(rig.come, address="203.0.113.9") == "signin.refused"


def test_an_account_under_attack_from_everywhere_opens_where_it_was_opened_before() -> None:
    rig = Rig()
    rig.set_up()
    rig.now += STEP
    assert rig.come(code=rig.code()).person == ANNA
    rig.now += STEP
    said = [code_of(rig.come, password="x", address=f"203.0.113.{n}") for n in range(200)]
    assert said.count("signin.refused") == rig.rules.wrong_per_minute * ACCOUNT_FACTOR
    assert code_of(rig.come, code=rig.code(), address="198.51.100.7") == "signin.many"
    assert rig.come(code=rig.code()).person == ANNA


def test_who_knows_the_password_does_not_try_codes_all_day() -> None:
    rig = Rig()
    rig.set_up()
    said = []
    for n in range(CODES_WRONG_MAX + 5):
        rig.now += Span.of(seconds=61)
        said.append(code_of(rig.come, code="000000", address=f"203.0.113.{n}"))
    assert said == ["signin.refused"] * CODES_WRONG_MAX + ["signin.many"] * 5
    rig.now += Span.of(hours=1)
    assert rig.come(code=rig.code(), address="203.0.113.1").person == ANNA


def test_right_tries_do_not_count() -> None:
    limiter = Limiter(2)
    for n in range(50):
        assert limiter.may_try("anna", HERE, START + Span(n), known=False)
        limiter.was_right("anna", HERE)
    assert limiter.may_try("anna", HERE, START, known=False)
    assert limiter.may_try("anna", HERE, START, known=False)
    assert not limiter.may_try("anna", HERE, START, known=False)
    limiter.was_right("nobody", "192.0.2.77")


def test_a_clock_that_is_set_back_locks_nobody_out() -> None:
    limiter = Limiter(1)
    assert limiter.may_try("anna", HERE, START + Span.of(days=1), known=False)
    assert limiter.may_try("anna", HERE, START, known=False)


def test_what_is_remembered_of_tries_is_bounded() -> None:
    limiter = Limiter(1)
    for n in range(KEYS_MAX + 10):
        limiter.may_try("anna", f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}", START, known=True)
    assert len(limiter._tries) == KEYS_MAX


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("?", "?", True),
    ],
)
def test_one_machine_counts_as_one_address(one: str, other: str, *, same: bool) -> None:
    assert (network_of(one) == network_of(other)) == same


# New passwords.


@pytest.mark.parametrize(
    "bad",
    [
        "short", "x" * 14, "a" * 20, "abababababababababab", "password12345678", "PasswordPassword",
        "correct horse battery staple", "qwertyuiopasdfghjkl", "abcdefghijklmnopqrstuvwxyz",
        "123456789012345678", "passwordpasswordpassword", "anna anna anna anna", "aurelia.gov 2026!!",
        "йцукенгшщзхъфывапролд", "qwerty123456789!", "1qaz2wsx3edc4rfv", "1q2w3e4r5t6y7u8i9o", "Anna-password-2026",
        "zxcvbnm123456789", "987654321qwerty", "administrator dragon 7", "x" * 257, "",
    ],
)  # fmt: skip
def test_a_password_that_is_tried_first_cannot_be_chosen(bad: str) -> None:
    assert code_of(passwords.check_new, bad, 15, "anna", "aurelia.gov") == "people.password"


@pytest.mark.parametrize(
    "good",
    ["a sentence of my own", "весна пришла в четверг", "gTk4 9x!! pqw zz1", "all lower case words here",
     "пароль длинный и свой", "y7" * 3 + "kd8w20slq"],
)  # fmt: skip
def test_any_long_sentence_can_be_chosen_without_rules_of_signs(good: str) -> None:
    passwords.check_new(good, 15, "anna", "aurelia.gov")


# One-time links.


def test_a_link_is_good_once_and_looking_uses_nothing_up() -> None:
    rig = Rig()
    link = rig.sign_in.enter_link(BOSS, "anna", rig.now)
    assert rig.sign_in.entrance.look(link, rig.now) == "anna"
    assert rig.sign_in.entrance.look(link, rig.now) == "anna"
    setup = rig.sign_in.entrance.begin(link, rig.now)
    assert code_of(rig.sign_in.entrance.begin, link, rig.now) == "signin.link"
    assert code_of(rig.sign_in.entrance.look, link, rig.now) == "signin.link"
    assert rig.sign_in.session_of(setup, rig.now) is None  # nobody is signed in by it
    assert code_of(rig.sign_in.entrance.setup_of, link, rig.now) == "signin.link"
    assert rig.house.noted == [("boss", "person/enter-link", "anna")]


def test_a_link_and_what_it_led_to_end() -> None:
    rig = Rig()
    door = rig.sign_in.entrance
    link = rig.sign_in.enter_link(BOSS, "anna", rig.now)
    assert code_of(door.begin, link, rig.now + LINK_LIFE) == "signin.link"
    setup = door.begin(link, rig.now)
    assert code_of(door.setup_of, setup, rig.now + SETUP_LIFE) == "signin.link"
    older = rig.sign_in.enter_link(BOSS, "anna", rig.now)
    rig.sign_in.enter_link(BOSS, "anna", rig.now)
    assert code_of(door.begin, older, rig.now) == "signin.link"
    assert code_of(door.setup_of, setup, rig.now) == "signin.link"
    for life in (Span(0), Span(LINK_LIFE_MAX.ms + 1)):
        assert code_of(rig.sign_in.enter_link, BOSS, "anna", rig.now, life) == "form.number"


def test_only_an_administrator_makes_links_and_none_for_a_suspended_person() -> None:
    rig = Rig()
    assert code_of(rig.sign_in.enter_link, ANNA, "anna", rig.now) == "office.forbidden"
    assert code_of(rig.sign_in.enter_link, BOSS, "nobody", rig.now) == "people.unknown"
    rig.house.suspend("anna")
    assert code_of(rig.sign_in.enter_link, BOSS, "anna", rig.now) == "people.suspended"


def test_who_comes_by_a_new_link_loses_all_that_was_chosen_before() -> None:
    rig = Rig()
    codes = rig.set_up()
    rig.now += STEP
    session = rig.enter()
    former = rig.secret
    rig.set_up()
    assert rig.sign_in.session_of(session, rig.now) is None
    assert code_of(rig.come, code=codes[0]) == "signin.refused"
    rig.now += STEP
    old = totp.code_at(former, totp.step_of(rig.now))
    assert code_of(rig.come, code=old) == "signin.refused"
    assert rig.come(code=rig.code()).person == ANNA


# Passkeys.


def a_key(number: int, counter: int = 0) -> Passkey:
    return Passkey(bytes([number]) * 16, b"public", counter, "phone", START, None, "")


def test_a_passkey_alone_is_enough_and_the_only_one_stays() -> None:
    rig = Rig()
    link = rig.sign_in.enter_link(BOSS, "anna", rig.now)
    setup = rig.sign_in.entrance.begin(link, rig.now)
    assert rig.sign_in.entrance.choose_passkey(setup, a_key(1), rig.now) == "anna"
    means = rig.sign_in.means
    has = means.of("anna", rig.now)
    assert has.enough
    assert not has.password
    assert code_of(means.drop_passkey, "anna", has.passkeys[0].key, rig.now) == "signin.passkey"
    means.add_passkey("anna", a_key(2))
    means.drop_passkey("anna", has.passkeys[0].key, rig.now)
    means.drop_passkey("boss", means.of("anna", rig.now).passkeys[0].key, rig.now)
    (left,) = means.of("anna", rig.now).passkeys
    assert left.id == bytes([2]) * 16


def test_a_passkey_is_whose_it_is_and_one_person_has_ten() -> None:
    rig = Rig()
    means = rig.sign_in.means
    for number in range(PASSKEYS_MAX):
        means.add_passkey("anna", a_key(number))
    assert code_of(means.add_passkey, "anna", a_key(99)) == "signin.passkey"
    assert code_of(means.add_passkey, "boss", a_key(3)) == "signin.passkey"
    assert means.find_passkey(a_key(3).id, rig.now)[0] == "anna"
    assert code_of(means.find_passkey, b"unknown", rig.now) == "signin.passkey"


@pytest.mark.parametrize(
    ("kept", "shown", "good"),
    [(0, 0, True), (0, 1, True), (5, 6, True), (5, 5, False), (5, 0, False)],
)
def test_a_passkey_whose_counter_goes_back_is_refused(kept: int, shown: int, *, good: bool) -> None:
    rig = Rig()
    rig.sign_in.means.add_passkey("anna", a_key(1, kept))
    _, found = rig.sign_in.means.find_passkey(a_key(1).id, rig.now)
    if good:
        rig.sign_in.means.use_passkey(found, shown, rig.now)
        assert rig.sign_in.means.find_passkey(found.id, rig.now)[1].counter == shown
        assert rig.sign_in.means.find_passkey(found.id, rig.now)[1].used == rig.now
    else:
        assert code_of(rig.sign_in.means.use_passkey, found, shown, rig.now) == "signin.passkey"


def test_a_challenge_is_signed_once_in_time_by_whom_it_was_made_for() -> None:
    rig = Rig()
    means = rig.sign_in.means
    for one, name, late, good in (
        ("anna", "anna", Span(0), True), ("", "", Span(0), True), ("anna", "boss", Span(0), False),
        ("anna", "anna", CHALLENGE_LIFE, False),
    ):  # fmt: skip
        challenge = means.new_challenge(rig.now, one)
        if good:
            means.take_challenge(challenge, rig.now + late, name)
        assert code_of(means.take_challenge, challenge, rig.now + late, name) == "signin.passkey"


# Sessions.


def test_a_session_locks_after_a_pause_and_ends_after_a_day_of_work() -> None:
    rig = Rig()
    rig.set_up()
    rig.now += STEP
    token = rig.enter()
    policy, begun = rig.rules.policy, rig.now
    rig.now += Span(policy.idle_lock.ms - 1)
    found = rig.sign_in.session_of(token, rig.now)
    assert found is not None
    assert not found.locked
    rig.now += policy.idle_lock
    locked = rig.sign_in.session_of(token, rig.now)
    assert locked is not None
    assert locked.locked
    again = rig.sign_in.session_of(token, rig.now)  # and looking does not unlock it
    assert again is not None
    assert again.locked
    assert rig.sign_in.is_open(token, rig.now)
    assert code_of(check_fresh, again, rig.now) == "signin.locked"
    fresh = rig.sign_in.sessions.prove(token, "password", rig.now)
    assert rig.sign_in.session_of(token, rig.now) is None
    while rig.now < begun + policy.sign_out:
        found = rig.sign_in.session_of(fresh, rig.now)
        assert found is not None
        assert not found.locked
        rig.now += Span.of(minutes=10)
    assert rig.sign_in.session_of(fresh, rig.now) is None
    assert not rig.sign_in.is_open(fresh, rig.now)
    assert code_of(rig.sign_in.sessions.prove, fresh, "password", rig.now) == "signin.none"


def test_a_pause_is_remembered_by_an_office_that_starts_again() -> None:
    rig = Rig()
    rig.set_up()
    rig.now += STEP
    token = rig.enter()
    other = Rig()
    other.shelf._state = rig.shelf._state
    other.now = rig.now + rig.rules.policy.idle_lock
    found = other.sign_in.session_of(token, other.now)
    assert found is not None
    assert found.locked


def test_signing_in_makes_a_new_token_whatever_was_shown_before() -> None:
    rig = Rig()
    rig.set_up()
    rig.now += STEP
    chosen = "A" * 43  # by somebody who set the victim's cookie
    assert rig.sign_in.session_of(chosen, rig.now) is None
    token = rig.enter(former=chosen)
    assert token != chosen
    assert rig.sign_in.session_of(chosen, rig.now) is None
    rig.now += STEP
    second = rig.enter(former=token)
    assert rig.sign_in.session_of(token, rig.now) is None
    assert rig.sign_in.session_of(second, rig.now) is not None


@pytest.mark.parametrize("token", ["", "x", "A" * 65, "é" * 20, "\udc80"])
def test_what_is_no_token_is_no_session(token: str) -> None:
    rig = Rig()
    assert rig.sign_in.session_of(token, rig.now) is None
    assert not rig.sign_in.is_open(token, rig.now)


def test_dangerous_acts_ask_again_after_a_while() -> None:
    rig = Rig()
    rig.set_up()
    rig.now += STEP
    token = rig.enter()
    found = rig.sign_in.session_of(token, rig.now)
    assert found is not None
    rig.sign_in.check_fresh(found, rig.now + Span(FRESH.ms - 1))
    assert code_of(rig.sign_in.check_fresh, found, rig.now + FRESH) == "signin.again"
    assert code_of(rig.sign_in.check_fresh, found, START) == "signin.again"


def test_a_person_ends_their_sessions_and_nobody_elses() -> None:
    rig = Rig()
    rig.set_up()
    sessions = rig.sign_in.sessions
    mine = [
        sessions.begin("anna", "password", (HERE, f"b{n}"), rig.now + Span(n)) for n in range(3)
    ]
    boss = sessions.begin("boss", "password", (HERE, "b"), rig.now)
    rows = sessions.of("anna", rig.now)
    assert [each.agent for each in rows] == ["b2", "b1", "b0"]
    assert {each.csrf for each in rows} == {""}
    sessions.end("anna", sessions.of("boss", rig.now)[0].key)
    assert rig.sign_in.is_open(boss, rig.now)
    sessions.end("anna", rows[0].key)
    assert [rig.sign_in.is_open(each, rig.now) for each in mine] == [True, True, False]
    assert rig.sign_in.sign_out_everywhere(ANNA, "anna", rig.now, but=rows[1].key) == 1
    assert code_of(rig.sign_in.sign_out_everywhere, ANNA, "boss", rig.now) == "office.forbidden"
    assert rig.sign_in.sign_out_everywhere(BOSS, "anna", rig.now) == 1
    assert rig.sign_in.is_open(boss, rig.now)


def test_a_suspended_person_is_out_at_once() -> None:
    rig = Rig()
    rig.set_up()
    rig.now += STEP
    token = rig.enter()
    rig.house.suspend("anna")
    assert rig.sign_in.session_of(token, rig.now) is None
    assert rig.sign_in.sessions.of("anna", rig.now) == []


def test_one_person_has_so_many_sessions_and_the_oldest_goes() -> None:
    rig = Rig()
    begin = rig.sign_in.sessions.begin
    made = [
        begin("anna", "password", (HERE, "b"), rig.now + Span(n)) for n in range(SESSIONS_MAX + 1)
    ]
    assert [rig.sign_in.is_open(each, rig.now) for each in made] == [False] + [True] * SESSIONS_MAX


def test_forms_of_two_sessions_carry_different_words() -> None:
    rig = Rig()
    begin = rig.sign_in.sessions.begin
    one, two = (
        rig.sign_in.session_of(begin("anna", "password", (HERE, "b"), rig.now), rig.now)
        for _ in range(2)
    )
    assert one is not None
    assert two is not None
    assert one.csrf != two.csrf
    assert len(one.csrf) == 64


# Tokens of programs.


def test_a_token_does_what_it_was_made_for_and_no_more_than_its_person_may() -> None:
    rig = Rig()
    made = rig.sign_in.new_token(
        ANNA, "feed", ("cert:read", "cert:author"), Span.of(days=30), rig.now
    )
    found = rig.sign_in.bearer(made, rig.now)
    assert found is not None
    assert found.person.roles == {"cert": {Role.READ, Role.AUTHOR}}
    assert found.person.house == frozenset()
    rig.house.demote("anna")
    found = rig.sign_in.bearer(made, rig.now)
    assert found is not None
    assert found.person.roles == {"cert": {Role.READ}}
    rig.house.suspend("anna")
    assert rig.sign_in.bearer(made, rig.now) is None


def test_a_token_ends_is_revoked_and_says_when_it_was_used() -> None:
    rig = Rig()
    made = rig.sign_in.new_token(ANNA, "a\nb", ("cert:read",), Span.of(days=30), rig.now)
    (row,) = rig.sign_in.tokens.of("anna", rig.now)
    assert (row.label, row.scopes, row.used) == ("ab", ("cert:read",), None)
    rig.sign_in.bearer(made, rig.now + Span.of(hours=1))
    (row,) = rig.sign_in.tokens.of("anna", rig.now)
    assert row.used == rig.now + Span.of(hours=1)
    assert rig.sign_in.bearer(made, rig.now + Span.of(days=30)) is None
    assert not rig.sign_in.tokens.revoke("boss", tokens.shown_key(row.key))
    assert not rig.sign_in.tokens.revoke("anna", "")
    assert rig.sign_in.tokens.revoke("anna", tokens.shown_key(row.key))
    assert rig.sign_in.bearer(made, rig.now) is None
    for text in ("", "detente-", "detente-" + "x" * 100, "bearer x"):
        assert rig.sign_in.bearer(text, rig.now) is None


@pytest.mark.parametrize(
    ("scopes", "life"),
    [
        (("cert:release",), Span.of(days=1)), (("house:administrator",), Span.of(days=1)), ((), Span.of(days=1)),
        (("cert:read",), Span(0)), (("cert:read",), Span(LIFE_MAX.ms + 1)), (("hotline:read",), Span.of(days=1)),
    ],
)  # fmt: skip
def test_nobody_makes_a_token_that_may_more_or_never_ends(
    scopes: tuple[str, ...], life: Span
) -> None:
    rig = Rig()
    assert code_of(rig.sign_in.new_token, ANNA, "x", scopes, life, rig.now) == "people.token"


def test_one_person_has_so_many_tokens() -> None:
    rig = Rig()
    for _ in range(TOKENS_MAX):
        rig.sign_in.new_token(ANNA, "x", ("cert:read",), LIFE_MAX, rig.now)
    fault = code_of(rig.sign_in.new_token, ANNA, "x", ("cert:read",), LIFE_MAX, rig.now)
    assert fault == "people.token"


def test_a_house_asks_for_its_first_link_until_an_administrator_can_come_in() -> None:
    rig = Rig()
    assert rig.sign_in.lacks_means(rig.now)
    rig.set_up("anna")
    assert rig.sign_in.lacks_means(rig.now)
    rig.set_up("boss")
    assert not rig.sign_in.lacks_means(rig.now)
    assert rig.sign_in.holds(BOSS, "administrator")
    assert not rig.sign_in.holds(replace(BOSS, active=False), House.ADMINISTRATOR.value)
