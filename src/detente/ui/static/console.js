// The console's own script. Everything works without it; with it, pages stay true by themselves.
// No markup is made from text here, so strict CSP and Trusted Types have nothing to refuse: a
// region is swapped with setHTML, which sanitises; where a browser has none, the page is reloaded.
"use strict";

const body = document.body;
const one = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

// --- time: the office's, carried on by this machine's steady clock --------------------------------

let officeAt = Date.parse(body.dataset.now);
let measuredAt = performance.now();
const now = () => officeAt + performance.now() - measuredAt;
const two = (number) => String(number).padStart(2, "0");

function countdown(ms) {
  // What is left is not over before its last second is.
  const seconds = ms < 0 ? Math.floor(-ms / 1000) : Math.ceil(ms / 1000);
  const hours = Math.floor((seconds % 86400) / 3600);
  const minutes = two(Math.floor((seconds % 3600) / 60));
  const sign = ms < 0 ? "\u2212" : "";
  if (seconds < 86400) return `${sign}${hours}:${minutes}:${two(seconds % 60)}`;
  const days = body.dataset.days.replace("{days}", Math.floor(seconds / 86400));
  return `${sign}${days} ${two(hours)}:${minutes}`;
}

function age(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return seconds < 3600 ? `${Math.floor(seconds / 60)}:${two(seconds % 60)}` : countdown(seconds * 1000);
}

function write(place, text) {
  const inner = one("bdi", place) || place;
  if (inner.textContent !== text) inner.textContent = text;
}

function tick() {
  for (const place of all("[data-tick]")) {
    const at = Date.parse(place.dateTime);
    if (place.dataset.tick === "clock") {
      write(place, new Date(now()).toISOString().slice(0, 19).replace("T", " ") + " UTC");
    } else if (place.dataset.tick === "age") {
      write(place, age(now() - at));
    } else {
      write(place, countdown(at - now()));
      if (at < now()) place.classList.add("over");
    }
  }
  if (events && performance.now() - heardAt > SILENT_MS) tellConsole(false);
}

// --- news: a tick each second carries the time and a state number ----------------------------------

const SILENT_MS = 3000;
let events = null;
let heardAt = performance.now();
let fetching = false;

function tellConsole(live) {
  const place = one("[data-console]");
  if (!place) return;
  const words = live ? place.dataset.live : place.dataset.cut;
  if (place.textContent !== words) place.textContent = words;
  place.classList.toggle("need", !live);
}

function hear(event) {
  let said;
  try { said = JSON.parse(event.data); } catch { return; }
  heardAt = performance.now();
  officeAt = Date.parse(said.now);
  measuredAt = heardAt;
  tellConsole(true);
  // The number, not the news, decides: news that came while the line was cut are not lost.
  if (said.state !== one("#state").dataset.state) refresh();
}

function listen() {
  if (!body.dataset.events) return;
  events = new EventSource(body.dataset.events);
  for (const kind of ["tick", "news"]) events.addEventListener(kind, hear);
  events.addEventListener("end", (event) => {
    // Signed out elsewhere: nothing of this page may stay. The office that stops comes back.
    if (event.data === "signed_out" && !isWriting()) again();
  });
  // A stream that the office refused for good is opened again by hand: it may be back, or we signed out.
  events.addEventListener("error", () => {
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, 3000);
  });
}

// A page that answers a form is not asked for again: that would send the form again. What stands
// round it comes from another page.
const elsewhere = body.dataset.elsewhere;

// Once a form or a link is on its way, this page asks for nothing: a reload would take its place. A
// file that is saved leaves the page where it is, so this ends by itself.
let leaving = false;
window.addEventListener("beforeunload", () => {
  leaving = true;
  setTimeout(() => { leaving = false; }, 5000);
});

// What a person presses stays until they let go: were another put in its place in between, nothing
// would be pressed at all. A hand that never lets go holds no news back.
const HELD_MS = 5000;
const CLICK_MS = 50; // on glass the click comes after the finger left
let [free, letGo] = [Promise.resolve(), () => {}];

function hold(event) {
  if (event.key && event.key !== " ") return;
  free = new Promise((done) => { letGo = () => setTimeout(done, CLICK_MS); setTimeout(done, HELD_MS); });
}

for (const name of ["pointerdown", "keydown"]) document.addEventListener(name, hold, true);
for (const name of ["pointerup", "pointercancel", "keyup"]) document.addEventListener(name, () => letGo(), true);

async function swapWhenFree(html, only = null) {
  await free;
  if (!leaving) swap(html, only);
}

function again() {
  if (leaving) return;
  if (elsewhere) location.assign(elsewhere);
  else location.reload();
}

async function refresh() {
  if (fetching || leaving) return;
  fetching = true;
  try {
    const answer = await fetch(elsewhere || location.href, { headers: { "X-Refresh": "1" }, redirect: "manual" });
    // A page that says no (a draft that is over) is a page too; only who must sign in is led away.
    if (answer.ok || [404, 409, 422].includes(answer.status)) await swapWhenFree(await answer.text());
    else if (!isWriting()) again();
  } catch {
    tellConsole(false);
  } finally {
    fetching = false;
  }
}

function swap(html, only = null) {
  const fresh = document.createElement("div");
  if (!fresh.setHTML) {
    if (!isWriting() && !elsewhere) again();
    else one("#state").dataset.state = "";
    return;
  }
  fresh.setHTML(html, { sanitizer: {} });
  if (!one("#state", fresh) && !only) { again(); return; }
  const held = document.activeElement || body;
  const heldName = nameOf(held);
  const row = one("[data-at]");
  const rowId = row && row.id;
  for (const region of all("[data-region]")) {
    const name = region.dataset.region;
    if (only && name !== only) continue;
    if (!only && (isWriting() || elsewhere) && region.closest("main")) continue;
    if (!only && elsewhere && name === "places") continue;
    const other = one(`[data-region="${name}"]`, fresh);
    if (!other) continue;
    keepOpen(region, other);
    if (other.outerHTML !== region.outerHTML) region.replaceWith(other);
  }
  if (rowId) markRow(document.getElementById(rowId));
  const same = held !== body && all(held.localName).find((each) => nameOf(each) === heldName);
  if (same && document.activeElement === body) same.focus({ preventScroll: true });
  document.dispatchEvent(new Event("swapped"));
  tellAlarm();
  tick();
}

// Who stands on a thing stands on the same when news come: known by its name, or by what it does.
function nameOf(place) {
  return place.id || [place.form?.action, place.name, place.value, place.href, place.textContent].join("\n");
}

// What somebody opened stays open when news come.
function keepOpen(region, other) {
  const name = (each) => `${each.closest("[id]")?.id || ""} ${one("summary", each)?.textContent}`;
  const open = new Set(all("details[open]", region).map(name));
  for (const each of all("details", other)) if (open.has(name(each))) each.open = true;
}

// --- alarm: a two-tone sound until acknowledged; browsers want a gesture first ----------------------

let sound = null;
let ringing = null;
const usualTitle = document.title;

function isArmed() { return sound !== null && sound.state === "running"; }

async function arm() {
  if (isArmed() || !one("[data-alarm]")) return;
  try {
    sound = sound || new AudioContext();
    await sound.resume();
  } catch { /* no sound on this machine: the header says so */ }
  tellAlarm();
}

function beep() {
  if (!isArmed()) return;
  [880, 620].forEach((pitch, step) => {
    const tone = sound.createOscillator();
    const level = sound.createGain();
    const from = sound.currentTime + step * 0.25;
    tone.type = "square";
    tone.frequency.value = pitch;
    level.gain.setValueAtTime(0.12, from);
    level.gain.setValueAtTime(0, from + 0.22);
    tone.connect(level).connect(sound.destination);
    tone.start(from);
    tone.stop(from + 0.25);
  });
}

function tellAlarm() {
  const place = one("[data-alarm]");
  if (place) {
    place.textContent = isArmed() ? place.dataset.on : place.dataset.off;
    place.classList.toggle("need", !isArmed());
  }
  const flash = one("[data-flash]:not(link)");
  const icon = one("link[rel=icon]");
  const href = flash ? icon.dataset.flash : icon.dataset.usual;
  if (icon.getAttribute("href") !== href) icon.setAttribute("href", href);
  document.title = flash ? `${body.dataset.flashTitle} \u00b7 ${usualTitle}` : usualTitle;
  if (flash && ringing === null) { beep(); ringing = setInterval(beep, 2000); }
  if (!flash && ringing !== null) { clearInterval(ringing); ringing = null; }
}

// --- keys -----------------------------------------------------------------------------------------

const ROWS = "[data-row]";

function markRow(row) {
  all("[data-at]").forEach((each) => each.removeAttribute("data-at"));
  if (!row) return;
  row.setAttribute("data-at", "");
  one("a, button", row)?.focus();
}

function move(step) {
  const rows = all(ROWS);
  const at = rows.findIndex((row) => row.hasAttribute("data-at") || row.contains(document.activeElement));
  const next = at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + step));
  markRow(rows[next]);
}

function isField(place) {
  return place && (place.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(place.tagName));
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const place = document.activeElement;
  if (event.key === "Escape" && isField(place)) { place.blur(); return; }
  if (isField(place) || one("dialog[open]")) return;
  if (event.key === "Enter") {
    // Only when nothing else has the focus: else Enter is that thing's.
    const flash = one("[data-flash] button");
    if (flash && (!place || place === body || place.id === "main")) { event.preventDefault(); flash.click(); }
    return;
  }
  if (body.dataset.keys !== "on") return;
  if (event.key === "j" || event.key === "k") { event.preventDefault(); move(event.key === "j" ? 1 : -1); return; }
  if (event.key === "g") { event.preventDefault(); location.assign("/"); return; }
  if (event.key === "?") { event.preventDefault(); one("#keys")?.showModal(); return; }
  const target = all("[data-key]").find((each) => each.dataset.key === event.key);
  if (target) { event.preventDefault(); target.click(); }
}

// --- drafts: kept in the office as one types -------------------------------------------------------

let dirty = false;
let keeping = null;
let sending = false;

// What a person is writing, or opened to write in, is theirs until they send it.
function isWriting() {
  return one("form[data-draft], main details[open] form") !== null || isField(document.activeElement);
}

function tellDraft(name) {
  const place = one("[data-draft-state]");
  if (!place) return;
  const words = place.dataset[name];
  place.textContent = words.replace("{at}", new Date(now()).toISOString().slice(11, 19));
  place.classList.toggle("need", name === "lost");
}

async function keep(form) {
  const given = new FormData(form);
  // Files go when the form is sent, not with each word.
  for (const [name, value] of [...given]) if (value instanceof File) given.delete(name);
  try {
    const answer = await fetch(form.dataset.draft, {
      method: "POST", body: new URLSearchParams(given), headers: { "X-Refresh": "1" }, redirect: "manual",
    });
    if (!answer.ok) throw new Error("not kept");
    dirty = false;
    await swapWhenFree(await answer.text(), "preview");
    tellDraft("kept");
  } catch {
    tellDraft("lost");
  }
}

function watchDrafts() {
  for (const form of all("form[data-draft]")) {
    form.addEventListener("input", () => {
      dirty = true;
      clearTimeout(keeping);
      keeping = setTimeout(keep, 1000, form);
    });
    form.addEventListener("submit", () => { sending = true; clearTimeout(keeping); });
  }
  window.addEventListener("beforeunload", (event) => { if (dirty && !sending) event.preventDefault(); });
}

// --- digits read aloud: the field that is full hands on to the next --------------------------------

function watchDigits() {
  const fields = all(".digits input");
  fields.forEach((field, at) => field.addEventListener("input", () => {
    field.value = field.value.replace(/[^0-9]/g, "").slice(0, 5);
    if (field.value.length === 5) fields[at + 1]?.focus();
  }));
}

// --- a form is sent once ---------------------------------------------------------------------------

function onSubmit(event) {
  const form = event.target;
  if (form.method === "dialog") return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "yes";
  // A page that comes back from the browser's memory may send again.
  window.addEventListener("pageshow", () => delete form.dataset.sent, { once: true });
  if (form.target || form.hasAttribute("data-stays")) setTimeout(() => delete form.dataset.sent, 1000);
}

// --- a page of leaders' words is blank when nobody looks: left, or nothing done for a while ---------

const BLANK_AFTER_MS = 60000;
let blankAt = null;

function showPage(shown) {
  for (const place of all("[data-blank]")) place.classList.toggle("blank", !shown);
}

function watchBlank() {
  clearTimeout(blankAt);
  if (!one("[data-blank]")) return;
  const here = document.hasFocus() && !document.hidden;
  showPage(here);
  if (here) blankAt = setTimeout(showPage, BLANK_AFTER_MS, false);
}

for (const name of ["blur", "focus"]) window.addEventListener(name, watchBlank);
for (const name of ["visibilitychange", "pointerdown", "pointermove", "keydown", "swapped"]) {
  document.addEventListener(name, watchBlank);
}
watchBlank();

// --- real values: what is shown cannot be clicked; what is meant is copied on purpose ----------------

function showCopies() {
  if (navigator.clipboard) for (const each of all("button[data-copy]")) each.hidden = false;
}

async function copyReal(button) {
  await navigator.clipboard.writeText(button.dataset.copy);
  button.textContent = button.dataset.said;
}

document.addEventListener("keydown", onKey);
document.addEventListener("submit", onSubmit);
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
  if (event.target.closest("[data-arm]")) arm().then(beep);
  const copy = event.target.closest("[data-copy]");
  if (copy) copyReal(copy);
});
for (const gesture of ["pointerdown", "keydown"]) document.addEventListener(gesture, arm);
document.addEventListener("visibilitychange", () => { if (!document.hidden) tick(); });
one("[data-first]")?.focus();
listen();
watchDrafts();
watchDigits();
showCopies();
document.addEventListener("swapped", showCopies);
arm();
tellAlarm();
tick();
setInterval(tick, 1000);
