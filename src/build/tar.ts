import { createTarPacker } from 'modern-tar';

import type { ContextEntry } from './entries.ts';
import { readEntry } from './read-file.ts';

/** One moment for every entry, so that equal content gives equal bytes. */
const MTIME = new Date(0);
const OWNER = { uid: 0, gid: 0, mtime: MTIME };

type Controller = ReturnType<typeof createTarPacker>['controller'];

/**
 * The context as a tar stream: entries in their order with their parent folders before them, owner 0, fixed
 * times, modes 0755 and 0644. A file that is no longer the hashed one breaks the stream with `ContextChanged`.
 * Nothing is read before somebody listens, and at most some megabytes are held.
 */
export async function* contextTar(entries: readonly ContextEntry[]): AsyncGenerator<Uint8Array> {
  const { readable, controller } = createTarPacker();
  pack(entries, controller).catch((error: unknown) => controller.error(error));
  yield* readable;
}

async function pack(entries: readonly ContextEntry[], controller: Controller): Promise<void> {
  for (const folder of parentFolders(entries)) {
    await controller.add({ name: `${folder}/`, type: 'directory', size: 0, mode: 0o755, ...OWNER }).close();
  }
  for (const entry of entries) await packEntry(entry, controller);
  controller.finalize();
}

async function packEntry(entry: ContextEntry, controller: Controller): Promise<void> {
  if (entry.kind === 'link') {
    const header = {
      name: entry.path,
      type: 'symlink',
      linkname: entry.target,
      size: 0,
      mode: 0o777,
      ...OWNER,
    } as const;
    await controller.add(header).close();
    return;
  }
  const mode = entry.executable ? 0o755 : 0o644;
  const writer = controller
    .add({ name: entry.path, type: 'file', size: entry.size, mode, ...OWNER })
    .getWriter();
  for await (const chunk of readEntry(entry)) await writer.write(chunk);
  await writer.close();
}

/** Every folder that a path goes through, sorted: a parent comes before what lies in it. */
export function parentFolders(entries: readonly ContextEntry[]): readonly string[] {
  const folders = new Set<string>();
  for (const { path } of entries) {
    for (let end = path.indexOf('/'); end > 0; end = path.indexOf('/', end + 1))
      folders.add(path.slice(0, end));
  }
  return [...folders].sort();
}
