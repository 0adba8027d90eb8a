import type { ComponentChild } from "preact";

export interface Column<T> {
  readonly head: string;
  cell(row: T): ComponentChild;
  /** `end` for numbers; `wide` is left out on narrow screens; `buttons` need no name there. */
  readonly look?: "end" | "wide" | "main" | "buttons";
}

/**
 * A table that scrolls in its own box when it is wider than the screen, and shows each row as a block on a narrow one
 * (`data-head` names the cell there). The first column heads its row.
 */
export function Table<T>(props: {
  readonly caption: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  rowKey(row: T): string | number;
}) {
  const { columns, rows } = props;
  return (
    <ScrollBox label={props.caption}>
      <table class="stack">
        <caption class="visually-hidden">{props.caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.head} scope="col" class={column.look}>
                {column.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={props.rowKey(row)}>
              {columns.map((column, index) =>
                index === 0 ? (
                  <th key={column.head} scope="row" class={column.look}>
                    {column.cell(row)}
                  </th>
                ) : (
                  <td key={column.head} class={column.look} data-head={column.head}>
                    {column.cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  );
}

/** Wide content scrolls here and not the page; reachable by keyboard (WCAG 2.1.1). */
export function ScrollBox({
  label,
  children,
}: {
  readonly label: string;
  readonly children: ComponentChild;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
    // biome-ignore lint/a11y/useSemanticElements: it groups nothing that a form would send
    <div class="scroll" tabIndex={0} role="group" aria-label={label}>
      {children}
    </div>
  );
}
