"""Passkeys: what a browser is asked, and whether what it signed holds. On names alone.

A passkey is bound to the name of this console; WebAuthn knows no IP addresses. It must verify its
owner (a finger, a PIN), so that it is two things in one.
"""

import json
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from detente.app.console import settings as console_settings
from detente.app.console.ask import Ask
from detente.app.console.site import Site
from detente.core.moment import Moment
from detente.office.front_door import SignIn
from detente.office.means import Passkey, no_passkey
from detente.office.people import Person

if TYPE_CHECKING:
    from collections.abc import Mapping


def possible(site: Site) -> bool:
    """Say whether passkeys can work here: not where people type an IP address."""
    try:
        ip_address(site.name)
    except ValueError:
        return True
    return False


def options_to_make(site: Site, door: SignIn, person: Person) -> dict[str, Any]:
    """Return what a browser needs to make a passkey for a person."""
    from webauthn import generate_registration_options, options_to_json  # noqa: PLC0415
    from webauthn.helpers import structs  # noqa: PLC0415

    _check_possible(site)
    has = door.means.of(person.name, site.now()).passkeys
    options = generate_registration_options(
        rp_id=site.name,
        rp_name=site.settings.text("party.name"),
        user_name=person.name,
        user_display_name=person.shown,
        user_id=person.name.encode(),
        challenge=door.means.new_challenge(site.now(), person.name),
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[structs.PublicKeyCredentialDescriptor(id=each.id) for each in has],
    )
    found: dict[str, Any] = json.loads(options_to_json(options))
    return found


def made(site: Site, ask: Ask, door: SignIn, person: Person) -> Passkey:
    """Return the passkey that a browser made. Raises OurFault("signin.passkey")."""
    from webauthn import verify_registration_response  # noqa: PLC0415
    from webauthn.helpers.exceptions import WebAuthnException  # noqa: PLC0415

    _check_possible(site)
    told = _told(ask)
    challenge = _challenge(told)
    door.means.take_challenge(challenge, site.now(), person.name)
    try:
        found = verify_registration_response(
            credential=told["credential"], expected_challenge=challenge, expected_rp_id=site.name,
            expected_origin=_origin(site), require_user_verification=True,
        )  # fmt: skip
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise no_passkey(str(error)[:200]) from None
    label = "".join(each for each in str(told.get("label", ""))[:64] if each.isprintable())
    return Passkey(
        found.credential_id, found.credential_public_key, found.sign_count, label, site.now(),
        None, "",
    )  # fmt: skip


def options_to_show(site: Site, door: SignIn) -> dict[str, Any]:
    """Return what a browser needs to show a passkey: whichever its owner has for this console."""
    from webauthn import generate_authentication_options, options_to_json  # noqa: PLC0415
    from webauthn.helpers import structs  # noqa: PLC0415

    _check_possible(site)
    options = generate_authentication_options(
        rp_id=site.name,
        challenge=door.means.new_challenge(site.now()),
        user_verification=structs.UserVerificationRequirement.REQUIRED,
    )
    found: dict[str, Any] = json.loads(options_to_json(options))
    return found


def shown(site: Site, ask: Ask, door: SignIn) -> Person:
    """Return whose passkey was shown. Raises OurFault: signin.passkey, people.*."""
    from webauthn import verify_authentication_response  # noqa: PLC0415
    from webauthn.helpers import base64url_to_bytes  # noqa: PLC0415
    from webauthn.helpers.exceptions import WebAuthnException  # noqa: PLC0415

    _check_possible(site)
    told, now = _told(ask), site.now()
    challenge = _challenge(told)
    door.means.take_challenge(challenge, now)
    try:
        name, kept = door.means.find_passkey(base64url_to_bytes(told["credential"]["id"]), now)
        found = verify_authentication_response(
            credential=told["credential"], expected_challenge=challenge, expected_rp_id=site.name,
            expected_origin=_origin(site), credential_public_key=kept.public,
            credential_current_sign_count=0, require_user_verification=True,
        )  # fmt: skip
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise no_passkey(str(error)[:200]) from None
    door.means.use_passkey(kept, found.new_sign_count, now)
    return _active(site, name, now)


def _active(site: Site, name: str, now: Moment) -> Person:
    return site.office.people.active(name, now)


def _check_possible(site: Site) -> None:
    if not possible(site):
        raise no_passkey("passkeys work for a name, not for an IP address")


def _told(ask: Ask) -> "Mapping[str, Any]":
    try:
        told = json.loads(ask.body)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict) or not isinstance(told.get("credential"), dict):
        raise no_passkey("the browser sent none")
    return told


def _challenge(told: "Mapping[str, Any]") -> bytes:
    from webauthn.helpers import base64url_to_bytes  # noqa: PLC0415

    try:
        client = json.loads(base64url_to_bytes(told["credential"]["response"]["clientDataJSON"]))
        return base64url_to_bytes(client["challenge"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise no_passkey("the browser sent none") from None


def _origin(site: Site) -> str:
    place = console_settings.place(site.settings)
    assert place is not None, "it is being asked"
    return place.url
