import { type Expression, type SqlBool, sql } from "kysely";

/**
 * `column LIKE pattern` where `text` may hold `*` and `?` as in a shell, else is looked for anywhere. SQLite knows no
 * escape character unless told.
 */
export function matches(column: Expression<string>, text: string): Expression<SqlBool> {
  const glob = /[*?]/.test(text);
  const escaped = text.replaceAll(/[\\%_]/g, (character) => `\\${character}`);
  const pattern = glob ? escaped.replaceAll("*", "%").replaceAll("?", "_") : `%${escaped}%`;
  return sql<SqlBool>`${column} LIKE ${pattern} ESCAPE '\\'`;
}
