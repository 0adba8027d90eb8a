/** Databases limit the number of values of one statement. */
export function chunks<T>(values: readonly T[], size = 500): T[][] {
  const unique = [...new Set(values)];
  return Array.from({ length: Math.ceil(unique.length / size) }, (_, index) =>
    unique.slice(index * size, (index + 1) * size),
  );
}
