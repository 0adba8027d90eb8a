// Shows the buttons of text to take away. One listener, as parts of the page are renewed.

/** @param {Document} doc */
export function enableCopying(doc) {
  showButtons(doc);
  doc.addEventListener("mbd:renewed", () => showButtons(doc));
  doc.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-copy] button") : null;
    if (button !== null) void copyFrom(button);
  });
}

function showButtons(doc) {
  for (const button of doc.querySelectorAll("[data-copy] button")) button.hidden = false;
}

async function copyFrom(button) {
  const code = button.parentElement.querySelector("code");
  const done = (await toClipboard(code.textContent)) || selectAndCopy(code);
  const label = button.firstChild;
  label.textContent = done ? "Copied" : "Press Ctrl+C";
  button.classList.toggle("done", done);
  setTimeout(() => {
    label.textContent = "Copy";
    button.classList.remove("done");
  }, 2000);
}

/** The clipboard is there on https and loopback only. */
async function toClipboard(text) {
  if (navigator.clipboard === undefined) return false;
  return await navigator.clipboard.writeText(text).then(
    () => true,
    () => false,
  );
}

function selectAndCopy(element) {
  const selection = getSelection();
  selection.selectAllChildren(element);
  return document.execCommand("copy");
}
