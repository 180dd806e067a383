import { readdirSync, readFileSync } from 'node:fs';

/** A process of this machine. */
export interface ProcessFound {
  readonly pid: number;
  readonly argv: readonly string[];
}

/** Processes of which an argument begins with or holds `text`, as the folder of one test's project. */
export function processesNaming(text: string): readonly ProcessFound[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((name) => ({ pid: Number(name), argv: argvOf(name) }))
    .filter(({ argv }) => argv.some((argument) => argument.includes(text)));
}

/** Whether the process is there and not merely waiting for its parent to notice its end. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}

/** SIGKILL; nothing happens when it is gone. */
export function killHard(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

function argvOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
