import type { ReleaseInfo, ReleasesAnswer, RunAnswer } from '../../control/api.ts';
import type { Plan } from '../../core/steps.ts';
import type { Paint } from './paint.ts';
import { reasonText } from './reason.ts';
import { renderRunAnswer } from './run-answer.ts';
import { plain } from './safe.ts';
import { columnsOf } from './table.ts';
import { age } from './text.ts';
import { pad } from './width.ts';

const HEAD = ['RELEASE', 'REVISION', 'AGE', 'WHAT CHANGED'] as const;

/** `faaso releases NAME` */
export function renderReleases(
  { function: name, takenDown, releases }: ReleasesAnswer,
  now: number,
  columns: number | undefined,
  paint: Paint,
): string[] {
  const rows = releases.map((release) => [
    `${release.number}${release.current ? (takenDown ? ' (down)' : ' (current)') : ''}`,
    plain(release.revision),
    age(now - Date.parse(release.appliedAt)),
    changesText(release),
  ]);
  const widths = columnsOf(HEAD, rows, columns);
  const line = (row: readonly string[]): string =>
    row
      .map((cell, index) => pad(cell, widths[index] ?? 0))
      .join('')
      .trimEnd();
  const held = releases.find((release) => release.current)?.repeats ?? null;
  const other = releases.find((release) => !release.current && release.imagePresent !== false);
  return [
    paint.faint(line(HEAD)),
    ...rows.map(line),
    '',
    takenDown
      ? `It was taken down. faaso apply ${name} brings back ${held === null ? 'what its files say' : `release ${held}, unless its files change`}.`
      : other === undefined
        ? 'There is no other release to go to.'
        : `To go to one of them: faaso rollback ${name} ${other.number}`,
  ];
}

function changesText({ changes, imagePresent }: ReleaseInfo): string {
  const parts = changes.map((reason) => reasonText(reason, false));
  if (parts.length === 0) parts.push('— (what was before it is not known any more)');
  if (imagePresent === false) parts.push('its image is gone');
  return parts.join('; ');
}

/** What is left to say after `faaso rollback`. */
export function renderRollback(
  answer: RunAnswer,
  plan: Plan,
  name: string,
): { out: string[]; err: string[] } {
  const { out, err } = renderRunAnswer(answer, plan, 'rolled back');
  if (answer.changed.length === 0) return { out, err };
  return {
    out: [...out, `It stays there until the files of ${name} change; others: faaso releases ${name}`],
    err,
  };
}
