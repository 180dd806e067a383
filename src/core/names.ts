/** Names that cross every layer. This is the only file that casts to a brand: a branded value was parsed. */

declare const brand: unique symbol;
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name };

/** A function's name: `[a-z0-9-]`, 1 to 63 characters, neither starting nor ending with `-`. */
export type FunctionName = Branded<string, 'FunctionName'>;
/** A route's path prefix: starts with `/`, has no trailing `/` (the root is `/`), no empty or dot segments. */
export type RoutePath = Branded<string, 'RoutePath'>;
/** 16 hexadecimal digits: the hash of everything that goes into an image. */
export type Revision = Branded<string, 'Revision'>;
/** The engine's own id of one container. */
export type InstanceId = Branded<string, 'InstanceId'>;

const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const SECRET_NAME = /^[A-Za-z_][A-Za-z0-9._-]{0,62}$/;
const SEGMENT = /^(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+$/;
const REVISION = /^[0-9a-f]{16}$/;
const RESERVED_SEGMENT = '_faaso';

/** What a name may be, in words for an error. */
export const NAME_RULE =
  'lower-case letters, digits and "-", at most 63, starting and ending with a letter or digit';

/** Whether `text` may name a project or a function. */
export function isName(text: string): boolean {
  return NAME.test(text);
}

/** What a secret's name may be, in words for an error: it names a file under `/run/secrets`. */
export const SECRET_NAME_RULE =
  'letters, digits, "_", "." and "-", at most 63, starting with a letter or "_"';

/** Whether `text` may name a secret. */
export function isSecretName(text: string): boolean {
  return SECRET_NAME.test(text);
}

/** A name made of `text`, as a project's is of its folder's; `undefined` when nothing of it fits {@link NAME_RULE}. */
export function nameFrom(text: string): string | undefined {
  const slug = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '');
  return isName(slug) ? slug : undefined;
}

/** Returns the name, or `undefined` when `text` breaks {@link NAME_RULE}. */
export function parseFunctionName(text: string): FunctionName | undefined {
  return isName(text) ? (text as FunctionName) : undefined;
}

/** A parsed path, or the reason in words why it is not one. */
export type ParsedPath =
  { readonly ok: true; readonly path: RoutePath } | { readonly ok: false; readonly problem: string };

/** Parses a route's path. One trailing `/` is dropped, so `/a/` and `/a` are the same route. */
export function parseRoutePath(text: string): ParsedPath {
  if (!text.startsWith('/')) return { ok: false, problem: 'a path starts with "/"' };
  if (text.length > 1024) return { ok: false, problem: 'a path has at most 1024 characters' };
  if (text === '/') return { ok: true, path: text as RoutePath };
  const trimmed = text.endsWith('/') ? text.slice(0, -1) : text;
  const segments = trimmed.slice(1).split('/');
  for (const segment of segments) {
    if (segment === '') return { ok: false, problem: 'a path has no empty segment ("//")' };
    if (/^(?:\.|%2e){1,2}$/i.test(segment))
      return { ok: false, problem: 'a path has no "." or ".." segment' };
    if (!SEGMENT.test(segment))
      return { ok: false, problem: `"${segment}" has a character that no URL path has; percent-encode it` };
  }
  if (segments[0] === RESERVED_SEGMENT) return { ok: false, problem: 'paths under "/_faaso" are reserved' };
  return { ok: true, path: trimmed as RoutePath };
}

/** Returns the revision, or `undefined` when `text` is none. */
export function parseRevision(text: string): Revision | undefined {
  return REVISION.test(text) ? (text as Revision) : undefined;
}

/** Takes the id that an engine gave. */
export function instanceId(text: string): InstanceId {
  return text as InstanceId;
}

/** The part of a revision, hash or container id that people see. */
export function short(id: string): string {
  return id.slice(0, 8);
}
