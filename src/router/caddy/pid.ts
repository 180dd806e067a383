import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const FILE = 'pid';

/** Notes which process is the Caddy of a folder. */
export async function notePid(folder: string, pid: number): Promise<void> {
  await writeFile(join(folder, FILE), `${pid} ${(await beginOf(pid)) ?? ''}`, { mode: 0o600 });
}

/** The process that was noted, while it is that one; `undefined` when it has ended. */
export async function notedPid(folder: string): Promise<number | undefined> {
  const [pid = '', begin = ''] = (await readFile(join(folder, FILE), 'utf8').catch(() => '')).split(' ');
  return begin !== '' && (await beginOf(Number(pid))) === begin ? Number(pid) : undefined;
}

/** When a process began, in ticks since boot: field 22 of proc(5)'s `stat`. A number alone may belong to another one. */
async function beginOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // Its sockets are closed with the last of its threads, not with the first.
  const isGone = state === 'Z' && (await readdir(`/proc/${pid}/task`).catch(() => [])).length <= 1;
  return isGone ? undefined : fields[18];
}
