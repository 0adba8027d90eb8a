/** Links that narrow a list to one value, with how many there are. */
export function FilterTabs(props: {
  readonly label: string;
  readonly chosen: string;
  readonly tabs: readonly {
    readonly value: string;
    readonly words: string;
    readonly count?: number | undefined;
    readonly href: string;
  }[];
}) {
  return (
    <nav class="tabs" aria-label={props.label}>
      {props.tabs.map((tab) => (
        <a key={tab.value} href={tab.href} aria-current={tab.value === props.chosen ? "true" : undefined}>
          {tab.words}
          {tab.count === undefined ? null : <span class="count">{tab.count.toLocaleString("en-US")}</span>}
        </a>
      ))}
    </nav>
  );
}

/** Small words for states in tabs: `DEP_WAIT` → `Dep wait`. */
export function stateWords(state: string): string {
  const words = state.toLowerCase().replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
