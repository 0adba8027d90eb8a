/** SQLite knows no booleans. */
export type Flag = 0 | 1;
