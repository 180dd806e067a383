/**
 * The user and group that the data plane runs as when root starts it. No account has this number: it lies in the
 * gap between Debian's package accounts (60000-60999 are theirs in practice, 60001-60513 systemd-homed's) and
 * systemd's dynamic ones (from 61184), and below 65536, so that it exists in user namespaces too.
 */
export const DATA_PLANE_ID = 61_080;

/** Gives up root for good, after everything that needs it was opened. Returns whether there was anything to give up. */
export function dropPrivileges(): boolean {
  if (process.getuid?.() !== 0 || process.setgroups === undefined) return false;
  process.setgroups([]);
  process.setgid?.(DATA_PLANE_ID);
  process.setuid?.(DATA_PLANE_ID);
  return true;
}
