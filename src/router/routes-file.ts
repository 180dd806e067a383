import { readFile } from 'node:fs/promises';

import { replaceFile } from '../files/atomic.ts';
import type { RouterSettings } from '../core/specs.ts';
import type { RouteTable } from './router.ts';

/** What is served where. */
export interface Served {
  readonly settings: RouterSettings;
  readonly table: RouteTable;
}

/** `routes.json`: what was served last, for a router that starts without being told. */
interface RoutesFile extends Served {
  readonly format: 1;
  /** Ports belong to containers of one boot: after it, another function may have them. */
  readonly bootId: string;
}

/** Keeps the last settings and table. Rejects with the system's error. */
export async function writeRoutesFile(path: string, served: Served): Promise<void> {
  const content: RoutesFile = { format: 1, bootId: await bootId(), ...served };
  await replaceFile(path, `${JSON.stringify(content)}\n`, 0o600);
}

/** The last settings, of whatever boot: where a Caddy of the user's was told of routes does not depend on it. */
export async function lastSettings(path: string): Promise<RouterSettings | undefined> {
  try {
    const { format, settings } = JSON.parse(await readFile(path, 'utf8')) as Partial<RoutesFile>;
    return format === 1 ? settings : undefined;
  } catch {
    return undefined;
  }
}

/** The last settings and table of this boot; `undefined` when there are none that can be read. */
export async function readRoutesFile(path: string): Promise<Served | undefined> {
  try {
    const content = JSON.parse(await readFile(path, 'utf8')) as Partial<RoutesFile>;
    const { format, settings, table } = content;
    if (format !== 1 || settings === undefined || table === undefined) return undefined;
    return content.bootId === (await bootId()) ? { settings, table } : undefined;
  } catch {
    return undefined;
  }
}

let thisBoot: Promise<string> | undefined;

/** The kernel's id of this boot; empty where there is none. */
function bootId(): Promise<string> {
  return (thisBoot ??= readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    (text) => text.trim(),
    () => '',
  ));
}
