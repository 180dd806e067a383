import type { ExplainRequest } from '../core/explanation.ts';
import { FaasoError } from '../core/errors.ts';

type Asked = Pick<ExplainRequest, 'authority' | 'scheme' | 'target'>;

/**
 * Takes a URL, a path, or a host with a path apart, as they are: whoever normalised it would hide what the router
 * refuses. Throws `usage`.
 */
export function parseUrl(text: string): Asked {
  const [, scheme, afterScheme] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is.exec(text) ?? [];
  if (scheme !== undefined && !/^(?:http|ws)s?$/i.test(scheme))
    throw notAUrl(text, `${scheme} is no scheme of the web`);
  const isSecure = /^(?:https|wss)$/i.test(scheme ?? '');
  // A fragment stays with the browser.
  const [whole = ''] = (afterScheme ?? text).split('#', 1);
  const end = whole.search(/[/?]/);
  const first = end === -1 ? whole : whole.slice(0, end);
  const isHost = afterScheme !== undefined || /[.:]|^localhost$/i.test(first);
  if (!isHost) return { scheme: 'http', target: targetOf(whole.startsWith('/') ? whole : `/${whole}`) };
  const authority = first.slice(first.lastIndexOf('@') + 1);
  if (!/^(?:\[[0-9a-f:.]+\]|[^\s:[\]]+)(?::\d{1,5})?$/i.test(authority))
    throw notAUrl(text, `"${authority}" is no host`);
  return {
    authority,
    scheme: isSecure ? 'https' : 'http',
    target: targetOf(end === -1 ? '/' : whole.slice(end)),
  };
}

/** As a browser sends it: what no URL has is percent-encoded. */
function targetOf(rest: string): string {
  const target = rest.startsWith('/') ? rest : `/${rest}`;
  return target.replace(/[^!-~]+/gu, (part) => encodeURIComponent(part));
}

function notAUrl(text: string, why: string): FaasoError {
  return new FaasoError('usage', `"${text}" is not a URL that can be explained: ${why}`, {
    hint: 'for example faaso explain /sum/x?y=1, or http://example.org/sum',
  });
}
