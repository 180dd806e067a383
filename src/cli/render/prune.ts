import type { Leftover, LeftoverReason, PruneAnswer } from '../../core/disk.ts';
import { short } from '../../core/names.ts';
import { formerLines } from './disk.ts';
import type { Paint } from './paint.ts';
import { plain } from './safe.ts';
import { bytes, count, list } from './text.ts';
import { pad } from './width.ts';

const REASONS: Readonly<Record<LeftoverReason, string>> = {
  superseded: 'of no release that is kept',
  rollback: 'kept for a rollback',
  'not-applied': 'of what is not applied',
  untagged: 'its tag went to a later build',
  'former-name': "of the project's former name",
  'function-gone': 'its function is gone',
  'instance-gone': 'its container is gone',
  'test-over': 'left by a faaso test',
  helper: 'left by a start',
  'not-named': 'nothing names it any more',
  'root-gone': 'its project is gone',
  'half-written': 'whoever wrote it was ended',
};

/** `faaso prune`: a line for each thing with its reason, and what that comes to. */
export function renderPrune(answer: PruneAnswer, paint: Paint): string[] {
  const { removed, inUse, kept, dryRun, freedBytes } = answer;
  const freed = freedBytes === 0 ? '' : `, ${bytes(freedBytes)}`;
  const summary =
    removed.length === 0
      ? 'Nothing to remove.'
      : dryRun
        ? `Would remove ${counts(removed)}${freed}. To do it: the same without --dry-run`
        : `Removed ${counts(removed)}${freed}.`;
  return [
    ...(removed.length === 0 ? [] : [...leftoverLines(removed, paint), '']),
    summary,
    ...(inUse.length === 0
      ? []
      : [`In use by a container that faaso did not start: ${list(inUse.map((item) => shownName(item)))}.`]),
    ...(['--all', '--volumes'] as const).flatMap((option) => keptLine(kept, option)),
    ...formerLines(answer.former),
  ];
}

/** A line for each thing: what it is, why it may go, how much that frees. */
export function leftoverLines(items: readonly Leftover[], paint: Paint): string[] {
  const rows = items.map((item) => [
    item.kind,
    shownName(item),
    REASONS[item.reason],
    item.bytes === 0 ? '' : bytes(item.bytes),
  ]);
  const widths = [0, 1, 2].map((index) => Math.max(...rows.map((row) => (row[index] ?? '').length)) + 2);
  return rows.map(([kind = '', name = '', reason = '', size = '']) =>
    `${paint.faint(pad(kind, widths[0] ?? 0))}${pad(name, widths[1] ?? 0)}${pad(reason, widths[2] ?? 0)}${size}`.trimEnd(),
  );
}

function keptLine(kept: readonly Leftover[], option: '--all' | '--volumes'): string[] {
  const items = kept.filter((item) => item.option === option);
  if (items.length === 0) return [];
  const size = items.reduce((sum, item) => sum + item.bytes, 0);
  const why =
    option === '--all'
      ? 'for rollbacks, of what is not applied or of a former name'
      : 'with data that nothing names any more';
  const room = size === 0 ? '' : `, ${bytes(size)}`;
  return [`Kept: ${counts(items)} ${why}${room}. To remove: faaso prune ${option}`];
}

function shownName({ kind, name }: Leftover): string {
  if (kind !== 'image') return plain(name);
  const [repository = '', revision = ''] = plain(name).split(':');
  return revision === '' ? repository : `${repository}:${short(revision)}`;
}

function counts(items: readonly Leftover[]): string {
  const kinds = ['container', 'image', 'volume', 'folder', 'file'] as const;
  return list(
    kinds.flatMap((kind) => {
      const number = items.filter((item) => item.kind === kind).length;
      return number === 0 ? [] : [count(number, kind)];
    }),
  );
}
