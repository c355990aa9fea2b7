// Passkeys: asks the device, puts its answer in the form, and lets the form leave as any other.
// A form with data-passkey is hidden in the page; it shows where this browser can do the thing.

const toBytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));

const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const read = (options) => {
  const asked = JSON.parse(options);
  asked.challenge = toBytes(asked.challenge);
  if (asked.user) asked.user.id = toBytes(asked.user.id);
  for (const list of [asked.excludeCredentials, asked.allowCredentials]) {
    for (const key of list ?? []) key.id = toBytes(key.id);
  }
  return asked;
};

const written = (credential) => {
  const { response } = credential;
  const parts = response.attestationObject
    ? { attestationObject: toText(response.attestationObject) }
    : {
        authenticatorData: toText(response.authenticatorData),
        signature: toText(response.signature),
        userHandle: response.userHandle ? toText(response.userHandle) : null,
      };
  return JSON.stringify({
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    clientExtensionResults: {},
    response: { clientDataJSON: toText(response.clientDataJSON), ...parts },
  });
};

const say = (form, name) => {
  for (const line of form.querySelectorAll("[data-when]")) {
    line.hidden = line.dataset.when !== name;
  }
};

const ask = async (form) => {
  const publicKey = read(form.dataset.options);
  const credential = form.dataset.passkey === "create"
    ? await navigator.credentials.create({ publicKey })
    : await navigator.credentials.get({ publicKey });
  form.elements.answer.value = written(credential);
  form.submit();
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  form.hidden = false;
  for (const part of document.querySelectorAll("[data-with-passkeys]")) part.hidden = false;
  for (const part of document.querySelectorAll("[data-without-passkeys]")) part.hidden = true;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    say(form, "waiting");
    ask(form).catch((error) => {
      say(form, error.name === "InvalidStateError" ? "known" : "gave-up");
    });
  });
}
