// Something happened (server-sent events): fetch this page again and put its live parts in place of the old ones. The
// server stays the only one that knows how things look.

const TYPES = [
  "message",
  "event",
  "REJECTED",
  "PACKAGING",
  "BUILDING",
  "BUILT",
  "DEP_WAIT",
  "INSTALLED",
  "FAILED",
  "CANCELLED",
  "MIGRATED",
  "REMOVED",
  "PORTED",
  "RETRIED",
  "SNAPSHOT",
  "CHROOT",
  "SOURCE",
  "BUILDER",
];
/** Many events at once renew the page once. */
const GATHER_MS = 400;

/** @param {Document} doc */
export function followEvents(doc) {
  const address = doc.body.dataset.stream;
  if (address === undefined) return;
  const renewSoon = gathered(() => renew(doc));
  const status = doc.querySelector("[data-connection]");
  const place = new URL(address, location.href);
  let stream;
  const open = () => {
    stream = new EventSource(place);
    for (const type of TYPES)
      stream.addEventListener(type, (event) => {
        // A later stream goes on behind the last event that this one saw.
        if (event.lastEventId !== "") place.searchParams.set("after", event.lastEventId);
        renewSoon();
      });
    stream.addEventListener("open", () => {
      status.textContent = "live";
    });
    stream.addEventListener("error", () => {
      status.textContent = "connection lost, trying again";
    });
  };
  // A browser has six connections to a server for all its tabs: only those that are looked at keep one.
  doc.addEventListener("visibilitychange", () => {
    if (doc.hidden) stream?.close();
    else open();
  });
  if (!doc.hidden) open();
  doc.addEventListener("mbd:renew", renewSoon);
}

/** Calls `work` a moment after the first call, and never twice at once. */
function gathered(work) {
  let waiting = false;
  let last = Promise.resolve();
  return () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      last = last.then(() => {
        waiting = false;
        return work().catch(() => undefined);
      });
    }, GATHER_MS);
  };
}

async function renew(doc) {
  const answer = await fetch(location.href, { headers: { accept: "text/html" }, cache: "no-store" });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of doc.querySelectorAll("[data-live]")) {
    const next = fresh.querySelector(`[data-live="${CSS.escape(part.dataset.live)}"]`);
    if (next !== null && !isSelected(part)) replace(part, next);
  }
  doc.dispatchEvent(new Event("mbd:renewed"));
}

/** Text that somebody is marking stays. */
function isSelected(part) {
  const selection = getSelection();
  return selection !== null && !selection.isCollapsed && selection.containsNode(part, true);
}

function replace(part, next) {
  const known = new Set([...part.querySelectorAll("[data-key]")].map((element) => element.dataset.key));
  const open = [...part.querySelectorAll("details")].map((details) => details.open);
  const values = [...part.querySelectorAll("input:not([type=hidden])")].map((input) => input.value);
  const focus = focusPath(part);
  part.replaceChildren(...next.childNodes);
  for (const [index, details] of part.querySelectorAll("details").entries())
    details.open = open[index] ?? false;
  for (const [index, input] of part.querySelectorAll("input:not([type=hidden])").entries()) {
    if (values[index] !== undefined) input.value = values[index];
  }
  if (known.size > 0) {
    for (const element of part.querySelectorAll("[data-key]")) {
      if (!known.has(element.dataset.key)) element.classList.add("is-new");
    }
  }
  if (focus !== undefined)
    [...part.querySelectorAll(focus.selector)].at(focus.index)?.focus({ preventScroll: true });
}

/** How to find the focused element again: by where it leads, else by its kind and place. */
function focusPath(part) {
  const focused = document.activeElement;
  if (focused === null || !part.contains(focused)) return undefined;
  const href = focused.getAttribute("href");
  const selector = href === null ? focused.localName : `[href="${CSS.escape(href)}"]`;
  return { selector, index: [...part.querySelectorAll(selector)].indexOf(focused) };
}
