"use strict";
// Passkeys: the one thing of the door that needs a script. Buttons stand hidden until this runs.

const bytes = (text) => {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
};

const text = (buffer) => {
  let plain = "";
  for (const one of new Uint8Array(buffer)) plain += String.fromCharCode(one);
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
};

const send = async (place, told, csrf) => {
  const answer = await fetch(place, {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "application/json", "X-Detente-Csrf": csrf },
    body: JSON.stringify(told),
  });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
};

const known = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

const create = async (options) => {
  const made = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      user: { ...options.user, id: bytes(options.user.id) },
      excludeCredentials: known(options.excludeCredentials),
    },
  });
  return {
    id: made.id,
    rawId: text(made.rawId),
    type: made.type,
    response: {
      clientDataJSON: text(made.response.clientDataJSON),
      attestationObject: text(made.response.attestationObject),
      transports: made.response.getTransports ? made.response.getTransports() : [],
    },
  };
};

const get = async (options) => {
  const shown = await navigator.credentials.get({
    publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      allowCredentials: known(options.allowCredentials),
    },
  });
  const response = shown.response;
  return {
    id: shown.id,
    rawId: text(shown.rawId),
    type: shown.type,
    response: {
      clientDataJSON: text(response.clientDataJSON),
      authenticatorData: text(response.authenticatorData),
      signature: text(response.signature),
      userHandle: response.userHandle ? text(response.userHandle) : null,
    },
  };
};

const run = async (place) => {
  const { passkey, options, finish, csrf, next } = place.dataset;
  const wrong = place.querySelector("[data-wrong]");
  wrong.hidden = true;
  try {
    const asked = await send(options, {}, csrf);
    const credential = await (passkey === "create" ? create(asked) : get(asked));
    const where = next ? `${finish}?next=${encodeURIComponent(next)}` : finish;
    const told = await send(where, { credential }, csrf);
    location.assign(told.to);
  } catch {
    wrong.textContent = wrong.dataset.wrong;
    wrong.hidden = false;
  }
};

// What stands on a page may be swapped for what is newer: the buttons in it come hidden again.
const show = () => {
  for (const place of document.querySelectorAll("[data-passkey]")) place.hidden = false;
};

if (window.PublicKeyCredential) {
  document.addEventListener("click", (event) => {
    const place = event.target.closest("[data-passkey] button")?.closest("[data-passkey]");
    if (place) run(place);
  });
  document.addEventListener("swapped", show);
  show();
}
