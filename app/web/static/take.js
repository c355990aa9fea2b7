/* Takes a pass as soon as the camera has read it, and says so at arm's length.
 *
 * Each pass gets its id here, kept with it until the server has answered: what is sent again after
 * a lost answer, even by a page that was loaded again, is taken once. A day other than today or a
 * session being typed belong to the form: the code then joins its lines.
 */

import { tell } from "./scanner.js";

const box = document.querySelector(".scanner[data-take]");
const form = document.getElementById("formulaire");
const codes = document.getElementById("codes");
const verdict = document.querySelector('[data-part="verdict"]');
const said = document.querySelector('[data-part="sending"]');
// What waits for one address is never sent to another: a training has its own.
const WAITING = `passnum.take.waiting ${box?.dataset.take}`;
const PATIENCE_MS = 12000;
const SAME_ANSWER_MS = 30000;
const RETRY_MS = [1500, 3000, 6000, 12000, 20000];

const euros = (cents) =>
  new Intl.NumberFormat("fr-FR", {
    style: "currency",
    currency: "EUR",
    minimumFractionDigits: cents % 100 ? 2 : 0,
  }).format(cents / 100);
const fill = (address, id) => address.replace("00000000-0000-0000-0000-000000000000", id);

const waiting = JSON.parse(sessionStorage.getItem(WAITING) ?? "[]");
const accepted = new Map();
const refused = new Map();
const untold = [];
let busy = false;

function keep() {
  sessionStorage.setItem(WAITING, JSON.stringify(waiting));
}

/** Whether the form says more than the camera does: then it is sent as a whole. */
function formIsBegun() {
  const typed = new FormData(form);
  const today = typed.get("jour") === box.dataset.today;
  return !today || typed.get("duree") || typed.getAll("sujets").length || typed.get("personnes");
}

// A hand scanner types, and ends each code with Enter: one Enter more takes what is there.
codes?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || event.shiftKey || !codes.value.trim()) return;
  const [before, after] = [codes.value.slice(0, codes.selectionStart), codes.value.slice(codes.selectionEnd)];
  if (before.split("\n").pop().trim() || after.split("\n")[0].trim()) return;
  event.preventDefault();
  form.requestSubmit();
});
// Where a mouse is, no keyboard unfolds over the page: the box is ready for the scanner at once.
if (document.activeElement === document.body && matchMedia("(min-width: 62em) and (pointer: fine)").matches)
  codes?.focus({ preventScroll: true });

box?.addEventListener("scanned", (event) => {
  if (formIsBegun()) return;
  event.preventDefault();
  const { code } = event.detail;
  if (waiting.some((one) => one.code === code)) return;
  // A pass refused a moment ago is refused still: asking again would look like guessing.
  const before = refused.get(code);
  if (before && performance.now() - before.at < SAME_ANSWER_MS) return show(before.one, before.answer);
  // A pass shown twice is one pass: the same id gives the same answer.
  waiting.push({ id: accepted.get(code) ?? crypto.randomUUID(), code, session: box.dataset.session });
  keep();
  sendAll();
});

async function sendAll() {
  if (busy || !box) return;
  busy = true;
  for (let tries = 0; waiting.length; ) {
    said.hidden = tries === 0;
    const [one] = waiting;
    const answer = await send(one);
    if (answer === "again") {
      said.hidden = false;
      await patience(RETRY_MS[Math.min(tries, RETRY_MS.length - 1)]);
      tries += 1;
      continue;
    }
    if (answer === "stop") break;
    tries = 0;
    waiting.shift();
    keep();
    if (!answer.good) refused.set(one.code, { one, answer, at: performance.now() });
    show(one, answer);
  }
  said.hidden = true;
  busy = false;
}

const patience = (ms) =>
  new Promise((done) => {
    setTimeout(done, ms);
    addEventListener("online", done, { once: true });
  });

async function send({ id, code, session }) {
  let response;
  try {
    response = await fetch(box.dataset.take, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        "X-CSRFToken": form.elements.csrf_token.value,
      },
      body: JSON.stringify({ id, code, ...(session ? { session_id: session } : {}) }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (response.status >= 500) return "again";
    const body = await response.json();
    // Signed out, or an old page: the page itself says what to do, and the pass waits for it.
    if (response.status === 401 || body.code === "form_expired") {
      location.reload();
      return "stop";
    }
    return { good: response.ok && !body.undone, body };
  } catch {
    return "again";
  }
}

function show({ id, code }, { good, body }) {
  tell(good);
  const again = accepted.has(code);
  const page = document.getElementById(good ? "verdict-bon" : "verdict-mauvais");
  const told = page.content.cloneNode(true);
  const put = (name, text) => (told.querySelector(`[data-slot="${name}"]`).textContent = text);
  if (good) {
    put("amount", euros(body.amount_cents));
    put("serial", body.serial);
    put("again", again ? box.dataset.again : "");
    told.querySelector('[data-slot="undo"]').href = fill(box.dataset.undo, id);
    told.querySelector('[data-slot="receipt"]').href = fill(box.dataset.receipt, id);
  } else {
    put("why", body.undone ? box.dataset.undone : body.detail);
    const claim = told.querySelector('[data-slot="claim"]');
    claim.hidden = body.details?.where !== "ailleurs";
    claim.href = fill(box.dataset.claim, id);
  }
  verdict.replaceChildren(told);
  verdict.scrollIntoView({ block: "start" });
  document.title = `${verdict.querySelector("h2").textContent} · ${document.title.split(" · ").slice(1).join(" · ")}`;
  if (!good || again) return;
  accepted.set(code, id);
  list(id, body);
}

/** The pass joins the day's list and its sum; the page that is loaded next says the same. */
function list(id, body) {
  const line = document.getElementById("ligne-bonne").content.cloneNode(true);
  const link = line.querySelector("a");
  link.href = fill(box.dataset.receipt, id);
  link.textContent = body.serial;
  line.querySelector(".v").textContent = euros(body.amount_cents);
  document.querySelector('[data-part="taken"]').prepend(line);
  const sum = document.querySelector('[data-part="sum"]');
  sum.dataset.cents = Number(sum.dataset.cents) + body.amount_cents;
  sum.dataset.count = Number(sum.dataset.count) + 1;
  sum.querySelector("strong").textContent = euros(Number(sum.dataset.cents));
  sum.querySelector("span").textContent = sum.dataset.count;
  if (box.dataset.session) return;
  untold.push(id);
  const note = document.querySelector('[data-part="note"]');
  note.hidden = false;
  note.href = `${box.dataset.note}?${untold.map((one) => `pass=${one}`).join("&")}`;
  note.querySelector("span").textContent = untold.length;
}

sendAll();

// What was typed is answered by a page: its verdict is told as the camera's is.
const answered = verdict?.querySelector(".verdict");
if (answered) tell(!answered.classList.contains("bad"));
