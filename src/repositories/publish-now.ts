import type { Archive } from "#archive";
import { parseDistribution } from "#deb";

/** Shows clients what distributions are wanted to hold; returns when they see it. The first one first of all. */
export async function publishNow(
  archive: Pick<Archive, "publish">,
  distributions: readonly string[],
): Promise<void> {
  const [first, ...others] = [...new Set(distributions)];
  if (first === undefined) return;
  await archive.publish(repositoryOf(first), first);
  // Rollbacks, of which there may be dozens, two at a time: most of a publish is waiting for gpg and the disk.
  const work = async () => {
    for (let name = others.shift(); name !== undefined; name = others.shift())
      await archive.publish(repositoryOf(name), name);
  };
  await Promise.all([work(), work()]);
}

function repositoryOf(distribution: string): string {
  return parseDistribution(distribution)?.repository ?? "";
}
