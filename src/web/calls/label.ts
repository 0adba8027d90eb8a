const LABELS: Readonly<Record<string, string>> = { bkey: "Build key", dsc: ".dsc", url: "Address" };

/** `to_distributions` as words. */
export function labelOf({ name }: { readonly name: string }): string {
  const known = LABELS[name];
  if (known !== undefined) return known;
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
