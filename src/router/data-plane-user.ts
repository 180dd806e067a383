/**
 * The user and group that whatever carries traffic runs as when root starts it. No account has this number: it lies in
 * the gap between Debian's package accounts (60000-60999 are theirs in practice, 60001-60513 systemd-homed's) and
 * systemd's dynamic ones (from 61184), and below 65536, so that it exists in user namespaces too.
 */
export const DATA_PLANE_ID = 61_080;
