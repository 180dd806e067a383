import type { HttpsSettings, RouterSettings } from '../core/specs.ts';
import { isAddressRange, parseAdmin, parseListen } from './addresses.ts';
import { DEFAULTS } from './defaults.ts';
import { routerProtection } from './protection.ts';
import type { RawRouter } from './raw.ts';
import type { Scope } from './scope.ts';
import { quoted } from './source.ts';

/** What `router:` says. Meaningful only when no error was reported. */
export function routerSettings(scope: Scope, raw: RawRouter): RouterSettings {
  const kind = raw.kind ?? DEFAULTS.router.kind;
  const trustedProxies = raw.trusted_proxies ?? [];
  for (const [index, range] of trustedProxies.entries()) {
    if (isAddressRange(range)) continue;
    scope
      .in('trusted_proxies')
      .error(String(index), `${quoted(range)} must be an address or a range such as 10.0.0.0/8`);
  }
  for (const key of ['admin', 'https'] as const) {
    if (raw[key] !== undefined && kind !== 'caddy') scope.error(key, `${key} needs "kind: caddy"`);
  }
  if (raw.admin !== undefined) {
    const admin = parseAdmin(raw.admin);
    if ('problem' in admin)
      scope.error('admin', `admin ${quoted(raw.admin)} ${admin.problem}`, admin.suggestion);
  }
  return {
    kind,
    ...address(scope, raw.listen ?? DEFAULTS.router.listen),
    trustedProxies,
    ...routerProtection(raw),
    ...(raw.admin === undefined ? {} : { admin: raw.admin }),
    ...(raw.https === undefined
      ? {}
      : { https: httpsSettings(scope.in('https'), raw.https, raw.admin !== undefined) }),
  };
}

/** `isOthers`: faaso writes one server into a Caddy of the user's, and what the rest of it is told is not its own. */
function httpsSettings(scope: Scope, raw: NonNullable<RawRouter['https']>, isOthers: boolean): HttpsSettings {
  for (const key of ['issuer', 'email'] as const) {
    if (raw[key] !== undefined && isOthers)
      scope.error(
        key,
        `${key} has no effect beside admin: that Caddy's own configuration says where certificates come from; leave it out`,
      );
  }
  const issuer = raw.issuer ?? DEFAULTS.router.https.issuer;
  if (issuer === 'internal' && raw.email !== undefined && !isOthers)
    scope.error('email', 'email needs "issuer: acme": Caddy\'s own authority writes to nobody');
  return {
    ...address(scope, raw.listen ?? DEFAULTS.router.https.listen),
    issuer,
    ...(raw.email === undefined ? {} : { email: raw.email }),
  };
}

function address(scope: Scope, listen: string): { readonly host: string; readonly port: number } {
  const parsed = parseListen(listen);
  if ('value' in parsed) return parsed.value;
  scope.error('listen', `listen ${quoted(listen)} ${parsed.problem}`, parsed.suggestion);
  return { host: '', port: 0 };
}
