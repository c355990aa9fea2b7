// Reads the page aloud, with the voice of the person's own device: nothing leaves it.
// The button stays hidden where there is no voice in the language of the page.
const button = document.querySelector("[data-listen]");
const speech = window.speechSynthesis;
const language = document.documentElement.lang;

const voice = () =>
  speech.getVoices().find((one) => one.lang.toLowerCase().replace("_", "-").startsWith(language));

const show = () => {
  button.hidden = voice() === undefined;
};

const said = () =>
  [...document.querySelectorAll("main h1, main h2, main h3, main p, main li")]
    .filter((part) => part.getClientRects().length > 0 && !part.closest("[data-silent]"))
    .filter((part) => part.querySelector("p, li, h3") === null)
    .map((part) => part.innerText.replace(/\s+/g, " ").trim())
    .filter((words) => words !== "");

const rest = () => {
  button.setAttribute("aria-pressed", "false");
  button.querySelector("span").textContent = button.dataset.listen;
};

const listen = () => {
  const parts = said();
  button.setAttribute("aria-pressed", "true");
  button.querySelector("span").textContent = button.dataset.stop;
  // One utterance a sentence: some browsers fall silent in the middle of a long one.
  parts.forEach((words, place) => {
    const one = new SpeechSynthesisUtterance(words);
    one.voice = voice();
    one.lang = one.voice.lang;
    one.rate = 0.9;
    if (place === parts.length - 1) one.onend = rest;
    speech.speak(one);
  });
};

if (button !== null && speech !== undefined) {
  show();
  speech.addEventListener("voiceschanged", show);
  button.addEventListener("click", () => {
    const speaking = button.getAttribute("aria-pressed") === "true";
    speech.cancel();
    if (speaking) rest();
    else listen();
  });
  window.addEventListener("pagehide", () => speech.cancel());
}
