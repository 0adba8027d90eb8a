/**
 * Shell lines for the walls of checks after a build: they make a root at `$new`, of mounts, and turn to it. What is told
 * them are words of that shell.
 */

/** Shows the programs of the machine: links as they are, the rest bound. */
export const SHOW_PROGRAMS = `for dir in bin sbin lib lib32 lib64 libx32 usr; do
  if [ -L "/$dir" ]; then
    ln -s "$(readlink "/$dir")" "$new/$dir"
  elif [ -d "/$dir" ]; then
    mkdir "$new/$dir"
    mount --rbind "/$dir" "$new/$dir"
  fi
done`;

/** Shows device nodes. */
export const SHOW_DEVICES = `mkdir "$new/dev"
for node in null zero full random urandom tty console; do
  [ -e "/dev/$node" ] || continue
  : >"$new/dev/$node"
  mount --bind "/dev/$node" "$new/dev/$node"
done`;

/** Shows what programs need of /etc, with further directories and files that a tool needs. */
export const showSettings = (directories: readonly string[] = [], files: readonly string[] = []): string =>
  `mkdir "$new/etc"
echo root:x:0:0:root:/:/bin/sh >"$new/etc/passwd"
echo root:x:0: >"$new/etc/group"
for name in ${["alternatives", "dpkg", ...directories].join(" ")}; do
  [ -d "/etc/$name" ] || continue
  mkdir "$new/etc/$name"
  mount --bind "/etc/$name" "$new/etc/$name"
done
for name in ${["ld.so.cache", "localtime", ...files].join(" ")}; do
  [ ! -e "/etc/$name" ] || cat "/etc/$name" >"$new/etc/$name"
done`;

export interface ShownPaths {
  readonly directories: readonly string[];
  /** Their directories must be there. */
  readonly files: readonly string[];
  readonly readOnly: readonly string[];
}

/** Shows directories and files of the host, at their places. */
export const showPaths = ({ directories, files, readOnly }: ShownPaths): string =>
  `for path in ${directories.join(" ")}; do
  mkdir -p "$new$path"
  mount --bind "$path" "$new$path"
done
for path in ${files.join(" ")}; do
  : >"$new$path"
  mount --bind "$path" "$new$path"
done
for path in ${readOnly.join(" ")}; do
  mount -o remount,bind,ro "$new$path"
done`;

/** Makes `$new` the root, pivot_root(8), and leaves nothing of the old one. */
export const TURN = `mkdir "$new/.old"
cd "$new"
pivot_root . .old
umount -l /.old
rmdir /.old`;
