import type { IncomingHttpHeaders } from 'node:http';

/** The header that a credential came in. */
export type CredentialHeader = 'authorization' | 'x-api-key';

/** What a request brings along to prove who sends it. */
export type Credential =
  | { readonly kind: 'key'; readonly header: CredentialHeader; readonly key: string }
  | {
      readonly kind: 'password';
      readonly header: 'authorization';
      readonly user: string;
      readonly password: string;
    };

const BEARER = /^Bearer +([\w.~+/=-]+) *$/i;
const BASIC = /^Basic +([A-Za-z0-9+/_-]+={0,2}) *$/i;
const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** The credentials of a request; what cannot be read is none. */
export function credentialsOf(headers: IncomingHttpHeaders): Credential[] {
  const found: Credential[] = [];
  const key = headers['x-api-key'];
  if (typeof key === 'string' && key !== '') found.push({ kind: 'key', header: 'x-api-key', key });
  const { authorization = '' } = headers;
  const bearer = BEARER.exec(authorization)?.[1];
  if (bearer !== undefined) found.push({ kind: 'key', header: 'authorization', key: bearer });
  const basic = BASIC.exec(authorization)?.[1];
  const pair = basic === undefined ? undefined : decoded(basic);
  const colon = pair?.indexOf(':') ?? -1;
  if (pair !== undefined && colon > 0) {
    const [user, password] = [pair.slice(0, colon), pair.slice(colon + 1)];
    found.push({ kind: 'password', header: 'authorization', user, password });
  }
  return found;
}

function decoded(base64: string): string | undefined {
  try {
    return UTF8.decode(Buffer.from(base64, 'base64'));
  } catch {
    return undefined;
  }
}
