/** Text to take away: a file, a command. The button appears where scripts run; without them one selects it. */
export function CopyBlock({ text, label }: { readonly text: string; readonly label: string }) {
  return (
    <div class="copy" data-copy>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard */}
      {/* biome-ignore lint/a11y/useSemanticElements: it groups nothing that a form would send */}
      <pre tabIndex={0} role="group" aria-label={label}>
        <code>{text}</code>
      </pre>
      <button type="button" hidden>
        Copy<span class="visually-hidden"> {label}</span>
      </button>
    </div>
  );
}
