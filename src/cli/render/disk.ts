import type { DiskAnswer, FormerVolume, FunctionDisk, VolumeDisk } from '../../core/disk.ts';
import type { Paint } from './paint.ts';
import { plain } from './safe.ts';
import { columnsOf } from './table.ts';
import { bytes, count, list } from './text.ts';
import { pad } from './width.ts';

const FUNCTIONS = ['FUNCTION', 'IMAGES', 'SIZE', 'ALONE', 'WRITTEN', 'VOLUMES'] as const;
const VOLUMES = ['VOLUME', 'SIZE', 'USED BY'] as const;

/** `faaso status --disk`: what each function and volume takes, and what a prune would free. */
export function renderDisk(answer: DiskAnswer, columns: number | undefined, paint: Paint): string[] {
  const { functions, volumes, totalBytes, prunable } = answer;
  const [first, ...options] = prunable;
  const more = options
    .filter((item) => item.count > 0)
    .map((item) => {
      const size = item.bytes === 0 ? '' : `, ${bytes(item.bytes)}`;
      return `faaso prune ${item.option ?? ''} removes ${count(item.count, 'item')} more${size}`;
    });
  if (functions.length === 0 && volumes.length === 0)
    return [
      `Nothing of ${plain(answer.project)} is on the engine's disk.`,
      ...more,
      ...formerLines(answer.former),
    ];
  const users = (volume: VolumeDisk): string => {
    const names = functions.filter((item) => item.volumes.includes(volume.volume)).map((item) => item.name);
    return names.length > 0
      ? list(names)
      : volume.named
        ? 'none that is applied'
        : 'nothing names it any more';
  };
  return [
    ...(functions.length === 0
      ? []
      : [...table(FUNCTIONS, functions.map(functionCells), columns, paint), '']),
    ...(volumes.length === 0
      ? []
      : [
          ...table(
            VOLUMES,
            volumes.map((item) => [plain(item.volume), bytes(item.bytes), users(item)]),
            columns,
            paint,
          ),
          '',
        ]),
    `${bytes(totalBytes)} in all, not counting layers that images share.`,
    ...(first === undefined || first.count === 0
      ? []
      : [`faaso prune removes what nothing needs: ${count(first.count, 'item')}, ${bytes(first.bytes)}`]),
    ...more,
    ...formerLines(answer.former),
  ];
}

/** Data that a new name left behind. */
export function formerLines(former: readonly FormerVolume[]): string[] {
  return former.map(
    ({ name, project }) =>
      `Volume ${plain(name)} holds data of this folder's project from when its name was ${plain(project)}. To copy it: README, "Rename"`,
  );
}

function functionCells({ name, images, writtenBytes, volumes }: FunctionDisk): string[] {
  return [
    plain(name),
    String(images.count),
    images.count === 0 ? '-' : bytes(images.bytes),
    images.count === 0 ? '-' : bytes(images.uniqueBytes),
    bytes(writtenBytes),
    volumes.length === 0 ? '-' : volumes.map(plain).join(', '),
  ];
}

function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number | undefined,
  paint: Paint,
): string[] {
  const widths = columnsOf(head, rows, columns);
  const line = (row: readonly string[]): string =>
    row
      .map((cell, index) => pad(cell, widths[index] ?? 0))
      .join('')
      .trimEnd();
  return [paint.faint(line(head)), ...rows.map(line)];
}
