/* Reads the square of a pass or of a cover with the camera, and types its code in the field beside.
 *
 * Without script, camera or permission the field is all there is, and enough: a person types, and
 * a hand scanner types for them. What the camera reads is told by a `scanned` event first; whoever
 * prevents it takes it over (take.js). The words stand in the page (macros/scan.html).
 */

const EVERY_MS = 100;
const WIDEST = 900;
const AWAY_MS = 2500;
const SQUARE = /^\s*(?:https?:\/\/[^/\s]+\/([PC])\/)?((?:[0-9A-HJKMNP-TV-Z][ -]?){16})\s*$/i;
const OPENED = "passnum.camera.open";
const SOUND = "passnum.sound";
const CHOSEN = "passnum.camera.chosen";
const ERRORS = {
  NotAllowedError: "refused",
  SecurityError: "refused",
  NotFoundError: "none",
  OverconstrainedError: "none",
  NotReadableError: "busy",
  AbortError: "busy",
};

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/* Notes to hear beside the verdict: hertz, seconds from the start, seconds. One rises, two stay low. */
const NOTES = {
  true: [[880, 0, 0.09], [1320, 0.09, 0.14]],
  false: [[196, 0, 0.18], [196, 0.26, 0.3]],
};
const LOUD = 0.25;
let audio;

/** Browsers let a page sound only once somebody has touched it: ready from the first touch on. */
function ready() {
  if (localStorage.getItem(SOUND) !== "on" || !navigator.userActivation?.hasBeenActive) return;
  audio ??= new AudioContext();
  audio.resume();
}

function sound(good) {
  ready();
  if (localStorage.getItem(SOUND) !== "on" || !audio) return;
  for (const [pitch, from, lasting] of NOTES[good]) {
    const [tone, volume] = [audio.createOscillator(), audio.createGain()];
    const start = audio.currentTime + from;
    tone.frequency.value = pitch;
    tone.type = good ? "sine" : "triangle";
    volume.gain.setValueAtTime(LOUD, start);
    volume.gain.exponentialRampToValueAtTime(0.001, start + lasting);
    tone.connect(volume).connect(audio.destination);
    tone.start(start);
    tone.stop(start + lasting);
  }
}

/** What the hand and the ear are told, beside the words: nobody needs either. */
export function tell(good) {
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(good ? 90 : [70, 60, 70, 60, 220]);
  sound(good);
}

let library;

/** What reads squares; fetched when the camera is first opened, and once. */
function reader(box) {
  library ??= import(box.dataset.reader).then((zxing) => {
    zxing.prepareZXingModule({ overrides: { locateFile: () => box.dataset.wasm } });
    return zxing.readBarcodes;
  });
  library.catch(() => (library = undefined));
  return library;
}

class Scanner {
  constructor(box) {
    this.box = box;
    this.field = document.getElementById(box.dataset.field);
    this.video = box.querySelector("video");
    this.canvas = document.createElement("canvas");
    this.words = Object.fromEntries(
      [...box.querySelectorAll("[data-word]")].map((one) => [one.dataset.word, one.textContent]),
    );
    for (const act of ["open", "close", "torch", "turn"]) {
      this.button(act).addEventListener("click", () => this[act]());
    }
    const sounds = box.querySelector('[data-do="sound"]');
    sounds.checked = localStorage.getItem(SOUND) === "on";
    sounds.addEventListener("change", () => {
      localStorage.setItem(SOUND, sounds.checked ? "on" : "off");
      sound(true);
    });
    for (const touch of ["pointerup", "keydown"]) addEventListener(touch, ready);
    document.addEventListener("visibilitychange", () => this.sleepOrWake());
    addEventListener("pagehide", () => this.stop());
    box.hidden = false;
    this.openAgain();
  }

  button(act) {
    return this.box.querySelector(`[data-do="${act}"]`);
  }

  part(name) {
    return this.box.querySelector(`[data-part="${name}"]`);
  }

  say(word, count = 0) {
    const sentence = word ? this.words[word].replace("{n}", count) : "";
    // The same sentence again is read aloud again only when it has gone meanwhile.
    this.part("said").textContent = "";
    requestAnimationFrame(() => (this.part("said").textContent = sentence));
  }

  async open() {
    if (!navigator.mediaDevices?.getUserMedia) {
      return this.say(isSecureContext ? "none" : "insecure");
    }
    if (this.opening) return;
    this.opening = true;
    this.say("opening");
    // A button that is disabled lets go of the focus, and the keyboard would begin again.
    this.button("open").setAttribute("aria-disabled", "true");
    try {
      this.stream = await navigator.mediaDevices.getUserMedia(this.wanted());
      this.video.srcObject = this.stream;
      await this.video.play();
      this.read = await reader(this.box);
    } catch (error) {
      this.stop();
      return this.say(ERRORS[error.name] ?? "unread");
    } finally {
      this.opening = false;
      this.button("open").removeAttribute("aria-disabled");
    }
    sessionStorage.setItem(OPENED, location.pathname);
    this.button("open").hidden = true;
    this.part("camera").hidden = false;
    this.say("");
    await this.offerTools();
    this.button("close").focus({ preventScroll: true });
    this.part("camera").scrollIntoView({ block: "nearest" });
    this.look(this.stream);
  }

  /** The camera that was chosen before, else the one at the back. */
  wanted() {
    const chosen = localStorage.getItem(CHOSEN);
    const size = { width: { ideal: 1280 }, height: { ideal: 720 } };
    return {
      audio: false,
      video: chosen
        ? { deviceId: { ideal: chosen }, ...size }
        : { facingMode: { ideal: "environment" }, ...size },
    };
  }

  async offerTools() {
    const [track] = this.stream.getVideoTracks();
    this.button("torch").hidden = !track.getCapabilities?.().torch;
    this.button("torch").setAttribute("aria-pressed", "false");
    const devices = await navigator.mediaDevices.enumerateDevices();
    this.cameras = devices.filter((device) => device.kind === "videoinput");
    this.button("turn").hidden = this.cameras.length < 2;
  }

  async torch() {
    const lit = this.button("torch").getAttribute("aria-pressed") !== "true";
    await this.stream.getVideoTracks()[0].applyConstraints({ advanced: [{ torch: lit }] });
    this.button("torch").setAttribute("aria-pressed", String(lit));
  }

  async turn() {
    const now = this.stream.getVideoTracks()[0].getSettings().deviceId;
    const place = this.cameras.findIndex((camera) => camera.deviceId === now);
    const next = this.cameras[(place + 1) % this.cameras.length];
    localStorage.setItem(CHOSEN, next.deviceId);
    this.stop();
    await this.open();
    if (!this.stream) this.button("open").focus();
  }

  close() {
    sessionStorage.removeItem(OPENED);
    this.stop();
    this.say("");
    this.button("open").focus();
  }

  stop() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = undefined;
    this.video.srcObject = null;
    this.part("camera").hidden = true;
    this.button("open").hidden = false;
  }

  /** Nobody films from a pocket: the camera sleeps while its page is not in sight. */
  sleepOrWake() {
    if (document.hidden) {
      this.slept = Boolean(this.stream);
      this.stop();
    } else if (this.slept) {
      this.slept = false;
      this.open();
    }
  }

  /** On a page that was left with its camera open, and where nobody needs to be asked again. */
  async openAgain() {
    if (sessionStorage.getItem(OPENED) !== location.pathname || !this.field) return;
    const known = await navigator.permissions?.query({ name: "camera" }).catch(() => undefined);
    if (known?.state === "granted") this.open();
  }

  async look(stream) {
    while (this.stream === stream) {
      if (this.video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) {
        const [found] = await this.read(this.frame(), {
          formats: ["QRCode"],
          maxNumberOfSymbols: 1,
        }).catch(() => []);
        if (found?.isValid && this.stream === stream) this.found(found.text);
      }
      await pause(EVERY_MS);
    }
  }

  frame() {
    const { videoWidth: width, videoHeight: height } = this.video;
    const scale = Math.min(1, WIDEST / Math.max(width, height));
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    this.pen ??= this.canvas.getContext("2d", { willReadFrequently: true });
    this.pen.drawImage(this.video, 0, 0, this.canvas.width, this.canvas.height);
    return this.pen.getImageData(0, 0, this.canvas.width, this.canvas.height);
  }

  /** A square that stays in sight is read once. */
  found(text) {
    const now = performance.now();
    const still = text === this.last && now - this.seenAt < AWAY_MS;
    [this.last, this.seenAt] = [text, now];
    if (still) return;
    const [, door, typed] = SQUARE.exec(text) ?? [];
    const kind = door?.toUpperCase();
    if (!typed || (kind && !this.box.dataset.wants.includes(kind))) {
      tell(false);
      return this.say({ P: "pass", C: "cover" }[kind] ?? "other");
    }
    const code = typed.replace(/[ -]/g, "").toUpperCase().match(/.{4}/g).join(" ");
    const told = new CustomEvent("scanned", { detail: { code }, cancelable: true });
    if (this.box.dispatchEvent(told)) this.type(code);
  }

  type(code) {
    if (this.field.tagName === "INPUT") return this.hold(code);
    const lines = this.field.value.split("\n").map((line) => line.trim()).filter(Boolean);
    const known = lines.includes(code);
    if (!known) lines.push(code);
    this.field.value = `${lines.join("\n")}\n`;
    this.field.scrollTop = this.field.scrollHeight;
    this.field.dispatchEvent(new Event("input", { bubbles: true }));
    tell(!known);
    this.say(known ? "already" : lines.length > 1 ? "many" : "one", lines.length);
  }

  /** A field of a single line has the code that was read last. */
  hold(code) {
    this.field.value = code;
    this.field.dispatchEvent(new Event("input", { bubbles: true }));
    tell(true);
    this.say("single");
  }
}

const boxes = document.querySelectorAll(".scanner");
for (const box of boxes) new Scanner(box);

/* A hand scanner types wherever the focus is; where it is nowhere, it types into the field. */
if (boxes.length === 1) {
  addEventListener("keydown", (event) => {
    const nowhere = document.activeElement === document.body;
    if (nowhere && event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) {
      document.getElementById(boxes[0].dataset.field)?.focus();
    }
  });
}
