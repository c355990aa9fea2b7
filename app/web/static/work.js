// Reads the page of a long work again every second and shows how far it is; stops when it has ended.
"use strict";
const shown = document.getElementById("avancement");

async function look() {
  const here = shown.dataset.here;
  if (!here) return;
  try {
    const answer = await fetch(here, { headers: { Accept: "text/html" } });
    if (answer.redirected || !answer.ok) return location.reload();
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = page.getElementById("avancement");
    if (!now.dataset.here) return location.reload();
    const said = now.querySelector("label").textContent.trim();
    const label = shown.querySelector("label");
    if (label.textContent.trim() !== said) label.textContent = said;
    const bar = now.querySelector("progress");
    for (const name of ["max", "value"]) {
      const value = bar.getAttribute(name);
      if (value !== null) shown.querySelector("progress").setAttribute(name, value);
    }
  } catch {
    // Without a network nothing is known: ask again.
  }
  setTimeout(look, 1000);
}
setTimeout(look, 1000);
