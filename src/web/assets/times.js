// Keeps relative times, durations and progress current, in the words of format.ts.

/** @param {Document} doc */
export function keepTimesCurrent(doc) {
  setInterval(() => {
    if (!doc.hidden) renew(doc, Date.now());
  }, 1000);
}

function renew(doc, now) {
  for (const time of doc.querySelectorAll("time[datetime]")) {
    const words = relativeTime(time.dateTime, now);
    if (time.textContent !== words) time.textContent = words;
  }
  for (const element of doc.querySelectorAll("[data-since]")) {
    const seconds = Math.max(0, (now - Date.parse(element.dataset.since)) / 1000);
    if (element instanceof HTMLProgressElement) element.value = Math.min(seconds, element.max);
    else element.textContent = duration(seconds);
  }
}

export function relativeTime(iso, now) {
  const seconds = Math.round((now - Date.parse(iso)) / 1000);
  if (Number.isNaN(seconds)) return iso;
  const size = Math.abs(seconds);
  if (size >= 7 * 86400) return iso.slice(0, 10);
  if (size < 10) return "just now";
  const amount =
    size < 60
      ? `${size} s`
      : size < 3600
        ? `${Math.floor(size / 60)} min`
        : size < 86400
          ? `${Math.floor(size / 3600)} h`
          : `${Math.floor(size / 86400)} d`;
  return seconds > 0 ? `${amount} ago` : `in ${amount}`;
}

export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const pad = (value) => String(value).padStart(2, "0");
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  if (whole < 86400) return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} min`;
  return `${Math.floor(whole / 86400)} d ${Math.floor((whole % 86400) / 3600)} h`;
}
