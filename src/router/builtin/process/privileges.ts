import { DATA_PLANE_ID } from '../../data-plane-user.ts';

/** Gives up root for good, after everything that needs it was opened. Returns whether there was anything to give up. */
export function dropPrivileges(): boolean {
  if (process.getuid?.() !== 0 || process.setgroups === undefined) return false;
  process.setgroups([]);
  process.setgid?.(DATA_PLANE_ID);
  process.setuid?.(DATA_PLANE_ID);
  return true;
}
