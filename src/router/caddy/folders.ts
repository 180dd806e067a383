/** Whose Caddy's folders are, and who may look into them: what root, or an advice to root, may have changed. */
import { chmod, lchown, lstat, readdir } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { dirname, join } from 'node:path';

import { DATA_PLANE_ID } from '../data-plane-user.ts';
import type { CaddyRouterOptions } from './options.ts';

/** In the folder of a Caddy that faaso starts. */
export const ADMIN_IN_FOLDER = 'admin/admin.sock';
export const UPSTREAMS_IN_FOLDER = 'upstreams';

/** What a folder or file of Caddy's has to be. */
interface Fit {
  readonly path: string;
  readonly uid: number;
  /** Absent: any. */
  readonly gid?: number;
  readonly mode: number;
}

/** What is otherwise than it has to be. */
export interface Misfit extends Fit {
  readonly found: Pick<Stats, 'uid' | 'gid' | 'mode'>;
}

const MODE = 0o777;
const OWN = 0o700;
const ENTERED = 0o755;
const READ = 0o644;

/** What of a Caddy that faaso starts has another owner or mode than it needs. What is missing is none of it. */
export async function folderMisfits({ folder, storage }: CaddyRouterOptions): Promise<readonly Misfit[]> {
  const me = process.getuid?.() ?? 0;
  const caddy = me === 0 ? { uid: DATA_PLANE_ID, gid: DATA_PLANE_ID } : { uid: me };
  return await misfitsOf([
    { path: folder, uid: me, ...(me === 0 ? { gid: DATA_PLANE_ID } : {}), mode: 0o750 },
    { path: join(folder, dirname(ADMIN_IN_FOLDER)), ...caddy, mode: OWN },
    ...(await upstreamFits(join(folder, UPSTREAMS_IN_FOLDER))),
    { path: storage, ...caddy, mode: OWN },
  ]);
}

/** The first thing in the folder of certificates that is not Caddy's: {@link mendFolders} gives back the whole of it alone. */
export async function strangerIn({ storage }: CaddyRouterOptions): Promise<Misfit | undefined> {
  const me = process.getuid?.() ?? 0;
  const caddy = me === 0 ? { uid: DATA_PLANE_ID, gid: DATA_PLANE_ID } : { uid: me };
  for (const path of await pathsBelow(storage)) {
    const found = await lstat(path).catch(() => undefined);
    if (found !== undefined && found.uid !== caddy.uid)
      return { path, ...caddy, mode: found.mode & MODE, found };
  }
  return undefined;
}

/** Gives each of them its owner and mode again. Rejects with the system's error where this user may not. */
export async function mendFolders(options: CaddyRouterOptions): Promise<void> {
  for (const misfit of await folderMisfits(options)) {
    if (misfit.path === options.storage && misfit.found.uid !== misfit.uid) await giveAway(misfit);
    else await mend(misfit);
  }
}

/** The same for `folder`, which a Caddy of the user's reads. */
export async function mendUpstreams(folder: string): Promise<void> {
  const above = { path: dirname(folder), uid: process.getuid?.() ?? 0, mode: ENTERED };
  for (const misfit of await misfitsOf([above, ...(await upstreamFits(folder))])) await mend(misfit);
}

async function upstreamFits(path: string): Promise<readonly Fit[]> {
  const uid = process.getuid?.() ?? 0;
  const names = await readdir(path).catch(() => []);
  return [
    { path, uid, mode: ENTERED },
    ...names
      .filter((name) => !name.endsWith('.tmp'))
      .map((name) => ({ path: join(path, name), uid, mode: READ })),
  ];
}

async function misfitsOf(fits: readonly Fit[]): Promise<readonly Misfit[]> {
  const looked = await Promise.all(
    fits.map(async (fit): Promise<Misfit | undefined> => {
      const found = await lstat(fit.path).catch(() => undefined);
      if (found === undefined || found.isSymbolicLink()) return undefined;
      const isRight =
        found.uid === fit.uid &&
        (fit.gid === undefined || found.gid === fit.gid) &&
        (found.mode & MODE) === fit.mode;
      return isRight ? undefined : { ...fit, found };
    }),
  );
  return looked.filter((misfit) => misfit !== undefined);
}

async function mend({ path, uid, gid, mode, found }: Misfit): Promise<void> {
  if (found.uid !== uid || (gid !== undefined && found.gid !== gid))
    await lchown(path, uid, gid ?? found.gid);
  // What lies above was mended before, so that nobody puts a link there between this look and the change.
  if (!(await lstat(path)).isSymbolicLink()) await chmod(path, mode);
}

/**
 * The certificates of a Caddy that ran as another user. Nobody else enters while it is done, and the folder itself comes
 * last: whose it is says that it is done.
 */
async function giveAway({ path: storage, uid, gid = uid }: Misfit): Promise<void> {
  await chmod(storage, OWN);
  for (const path of await pathsBelow(storage)) await lchown(path, uid, gid);
  await lchown(storage, uid, gid);
}

async function pathsBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.map(({ parentPath, name }) => join(parentPath, name));
}
