import type { Change, Reason } from '../../core/steps.ts';
import { plain } from './safe.ts';

/** Why a step is needed, in words. Private values are shown only where `values` says so. */
export function reasonText(reason: Reason, values: boolean): string {
  switch (reason.kind) {
    case 'new':
      return 'new in functions.yml';
    case 'removed':
      return 'no longer in functions.yml (its images are kept)';
    case 'source-changed':
      return sourceText(reason.changes.map(plain));
    case 'image-missing':
      return 'its image is not on the engine';
    case 'image-changed':
      return 'image changed';
    case 'spec-changed':
      return reason.changes.map((change) => changeText(change, values)).join('; ');
    case 'routes-changed':
      return [
        ...reason.added.map((route) => `${plain(route)} added`),
        ...reason.removed.map((route) => `${plain(route)} removed`),
        ...reason.changed.map((item) => routeText(item, values)),
      ].join('; ');
    case 'not-running':
      return plain(reason.detail);
    case 'restart-asked':
      return 'asked for';
    case 'rolled-back':
      return `back to release ${reason.to}`;
    case 'unhealthy':
      return `unhealthy: ${plain(reason.detail)}`;
  }
}

/** `/sum: timeout 10s → 30s, auth changed`. */
export function routeText(
  { route, changes }: { readonly route: string; readonly changes: readonly Change[] },
  values: boolean,
): string {
  // Releases of an earlier version did not keep all that a route has now.
  const texts = changes.length === 0 ? ['changed'] : changes.map((change) => changeText(change, values));
  return `${plain(route)}: ${texts.join(', ')}`;
}

/** `handler.py, b.py changed, units.json added`. */
function sourceText(changes: readonly string[]): string {
  const whole = changes.filter((change) => / (?:added|removed)$/.test(change));
  const edited = changes.filter((change) => !whole.includes(change));
  return [...(edited.length > 0 ? [`${edited.join(', ')} changed`] : []), ...whole].join(', ');
}

function changeText(change: Change, values: boolean): string {
  const key = plain(change.key);
  if (change.secret !== undefined) {
    const { from, to } = change.secret;
    if (from === undefined) return values ? `${key} added: ${shown(to)}` : `${key} added`;
    if (to === undefined) return values ? `${key} removed: ${shown(from)}` : `${key} removed`;
    return values ? `${key} ${shown(from)} → ${shown(to)}` : `${key} changed`;
  }
  if (change.names !== undefined) return `${key} ${change.names.map(plain).join(' ')}`;
  if (change.from === undefined && change.to === undefined) return `${key} changed`;
  return `${key} ${plain(change.from ?? 'none')} → ${plain(change.to ?? 'none')}`;
}

/** In quotes where an empty value or a blank at an end could not be seen. */
function shown(value: string | undefined): string {
  const text = plain(value ?? '');
  return /^\S(?:.*\S)?$/u.test(text) ? text : JSON.stringify(text);
}
