import { checkCaddy } from './binary.ts';
import { folderMisfits, strangerIn } from './folders.ts';
import type { Misfit } from './folders.ts';
import type { CaddyRouterOptions } from './options.ts';
import { notedPid } from './pid.ts';
import { programOf } from './program.ts';

/** What there is of the Caddy that faaso starts for a project. */
export interface CaddyFacts {
  /** Rejects with why it cannot be started. */
  readonly program: () => Promise<{ readonly path: string; readonly version: string }>;
  /** Absent: none of ours runs. */
  readonly pid: number | undefined;
  /** Folders and files that have another owner or mode than Caddy needs; of its certificates the first alone. */
  readonly misfits: readonly Misfit[];
  /** The folder of its certificates, which is its own with all that lies in it. */
  readonly storage: string;
}

/** Looks, and changes nothing. `path`: where programs are looked for. */
export async function caddyFacts(options: CaddyRouterOptions, path?: string): Promise<CaddyFacts> {
  const { folder, storage } = options;
  const [pid, misfits, stranger] = await Promise.all([
    notedPid(folder),
    folderMisfits(options),
    strangerIn(options),
  ]);
  const program = async (): ReturnType<CaddyFacts['program']> => {
    const found = await programOf(options, path);
    return { path: found, version: await checkCaddy(found) };
  };
  return { program, pid, misfits: [...misfits, ...(stranger === undefined ? [] : [stranger])], storage };
}
