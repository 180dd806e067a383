import { stringify } from 'yaml';

import type { FunctionName, RoutePath } from '../core/names.ts';
import { addRoute } from './add-route.ts';

/** The functions.yml of a new project with one function, served at `path`. */
export function firstFile(name: string, listen: string, route: RoutePath, target: FunctionName): string {
  const text = [
    '# Which URL path leads to which function. After an edit: faaso apply',
    `name: ${scalar(name)}`,
    'router:',
    `  listen: ${scalar(listen)}`,
    '# build:',
    '#   ca_bundle: host # behind a proxy that re-signs TLS: builds trust what this host trusts',
    'routes: # path: function; its folder is functions/<function>',
    '',
  ].join('\n');
  const edit = addRoute(text, route, target);
  if (edit.kind !== 'edited') throw new Error(`a route did not fit into the new file: ${edit.kind}`);
  return edit.text;
}

/** Quoted where YAML would read something else. */
function scalar(text: string): string {
  return stringify(text, { defaultStringType: 'PLAIN', lineWidth: 0 }).trimEnd();
}
