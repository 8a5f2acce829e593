"use strict";
// Pictures are asked for one by one rather than taken from the endless streams: a browser opens six
// connections to a server at most, and a few streams in a few tabs would leave none for the status.
const STATUS_MS = 1000, RETRY_MS = 2000, SPEAK_MS = 5000, FASTEST_MS = 40, SLOWEST_MS = 1000;
const NONE = "–";
const cards = new Map();
const byId = (id) => document.getElementById(id);
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
let spokenAt = 0;

// The cookie lets in from now on; the token need not stay in the address bar and in bookmarks.
history.replaceState(null, "", location.pathname);

function get(path) {
  return fetch(path, { cache: "no-store", signal: AbortSignal.timeout(10000) });
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function clock(seconds) {
  if (seconds === null) return NONE;
  const whole = Math.floor(seconds);
  const parts = [Math.floor(whole / 60) % 60, whole % 60];
  if (whole >= 3600) parts.unshift(Math.floor(whole / 3600));
  return parts.map((part, i) => (i ? String(part).padStart(2, "0") : part)).join(":");
}

function people(count) {
  return count === 1 ? "1 person" : `${count} people`;
}

function say(kind, text) {
  byId("state").className = `state ${kind}`;
  write(byId("state"), text);
  byId("cards").classList.toggle("stale", kind === "lost");
}

function newCard() {
  const element = byId("card").content.firstElementChild.cloneNode(true);
  const card = { element, source: null, drawn: "", gone: false };
  follow(card);
  return card;
}

function fill(card, source) {
  const find = (selector) => card.element.querySelector(selector);
  card.source = source;
  card.element.dataset.ended = source.ended;
  write(find(".name"), source.name);
  const badge = find(".badge");
  const waiting = source.rate === 0;
  const state = source.ended ? "ended" : waiting ? "waiting" : "running";
  badge.className = `badge ${state}`;
  write(badge, state);
  write(find(".people"), String(source.people));
  write(find(".rate"), source.ended || waiting ? NONE : source.rate.toFixed(1));
  write(find(".time"), clock(source.time_s));
  write(find(".frames"), String(source.frames));
  find("canvas").setAttribute("aria-label", `Newest picture of ${source.name}: ${people(source.people)}`);
}

async function follow(card) {
  while (!card.gone) {
    const source = card.source;
    const wanted = source && `${source.frames} ${source.ended}`;
    const due = source && (wanted !== card.drawn || (!source.ended && source.rate > 0));
    if (!due || document.hidden) {
      await sleep(200);
      continue;
    }
    const begun = performance.now();
    try {
      const answer = await get(source.picture);
      if (!answer.ok) throw new Error(String(answer.status));
      const picture = await createImageBitmap(await answer.blob());
      const canvas = card.element.querySelector("canvas");
      if (canvas.width !== picture.width || canvas.height !== picture.height) {
        canvas.width = picture.width;
        canvas.height = picture.height;
      }
      canvas.getContext("2d").drawImage(picture, 0, 0);
      picture.close();
      card.drawn = wanted;
    } catch {
      await sleep(SLOWEST_MS); // the status tells whether the connection is lost
    }
    const pace = Math.min(SLOWEST_MS, Math.max(FASTEST_MS, 1000 / (source.rate || 1)));
    await sleep(Math.max(0, pace - (performance.now() - begun)));
  }
}

function speak(sources) {
  const text = sources
    .filter((source) => !source.ended)
    .map((source) => `${source.name}: ${people(source.people)}`)
    .join("; ");
  const now = performance.now();
  if (text && text !== byId("spoken").textContent && (now > spokenAt + SPEAK_MS || !spokenAt)) {
    write(byId("spoken"), text);
    spokenAt = now;
  }
}

function render(status) {
  const sources = status.sources;
  const names = new Set(sources.map((source) => source.name));
  for (const [name, card] of cards) {
    if (names.has(name)) continue;
    card.gone = true;
    card.element.remove();
    cards.delete(name);
  }
  sources.forEach((source, place) => {
    if (!cards.has(source.name)) cards.set(source.name, newCard());
    const card = cards.get(source.name);
    fill(card, source);
    const there = byId("cards").children[place];
    if (there !== card.element) byId("cards").insertBefore(card.element, there || null);
  });
  byId("cards").classList.toggle("single", sources.length === 1);
  byId("empty").hidden = sources.length > 0;
  const running = sources.filter((source) => !source.ended);
  const now = running.reduce((sum, source) => sum + source.people, 0);
  write(byId("people"), running.length ? String(now) : NONE);
  write(byId("running"), String(status.running));
  write(byId("ended"), String(status.ended));
  write(byId("elapsed"), clock(status.running_s));
  document.title = running.length ? `${people(now)} · pedpose live` : "pedpose live";
  speak(sources);
  if (status.over) say("ended", "The run has ended");
  else say(sources.length ? "running" : "waiting", sources.length ? "Running" : "Starting");
}

async function watch() {
  for (;;) {
    let wait = STATUS_MS;
    try {
      const answer = await get("/status.json");
      if (answer.status === 403) {
        say("lost", "This is another run now: open the address that its terminal shows");
        return;
      }
      if (!answer.ok) throw new Error(String(answer.status));
      const status = await answer.json();
      render(status);
      if (status.over) return;
    } catch {
      say("lost", "Connection lost, trying again");
      wait = RETRY_MS;
    }
    await sleep(wait);
  }
}

watch();
