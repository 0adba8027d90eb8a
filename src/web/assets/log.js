// Follows the log of a running build: asks for what is behind the last byte, as long as there is more to come.

const PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 8000;
/** Older lines leave the page (not the log). */
const MOST_LINES = 4000;

/** @param {Document} doc */
export function followLog(doc) {
  const log = doc.querySelector("[data-log]");
  if (log === null) return;
  const state = doc.querySelector("[data-log-state]");
  state.textContent = "Following the log.";
  const follow = followBox(doc);
  log.scrollTop = log.scrollHeight;
  let pause = PAUSE_MS;
  const step = async () => {
    const result = doc.hidden ? "nothing" : await fetchMore(log).catch(() => "lost");
    if (result === "ended") {
      state.textContent = "The log has ended.";
      doc.dispatchEvent(new Event("mbd:renew"));
      return;
    }
    pause = result === "more" ? PAUSE_MS : Math.min(pause * 1.4, LONGEST_PAUSE_MS);
    state.textContent = result === "lost" ? "Connection lost, trying again." : "Following the log.";
    if (result === "more" && follow.checked) log.scrollTop = log.scrollHeight;
    setTimeout(step, result === "more" ? 200 : pause);
  };
  setTimeout(step, PAUSE_MS);
}

/** A box to stop the log from moving while one reads. */
function followBox(doc) {
  const label = doc.createElement("label");
  const box = doc.createElement("input");
  box.type = "checkbox";
  box.checked = true;
  label.append(box, " Keep the end in view");
  doc.querySelector("[data-log-foot]").prepend(label);
  return box;
}

async function fetchMore(log) {
  const { log: address, offset, line } = log.dataset;
  const answer = await fetch(`${address}?offset=${offset}&line=${line}`, { cache: "no-store" });
  if (!answer.ok) return "lost";
  const html = await answer.text();
  const next = answer.headers.get("x-log-offset");
  log.insertAdjacentHTML("beforeend", html);
  while (log.childElementCount > MOST_LINES) log.firstElementChild.remove();
  log.dataset.offset = next;
  log.dataset.line = answer.headers.get("x-log-line");
  if (answer.headers.get("x-log-ended") === "yes") return "ended";
  return next === offset ? "nothing" : "more";
}
