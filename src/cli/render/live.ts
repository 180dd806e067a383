/**
 * Lines at the bottom of a terminal that are rewritten while something goes on; everything else is printed above
 * them and stays. Where stdout is no terminal there is no region, and only what stays is written.
 */
import type { Io, Sink } from '../io.ts';
import type { Paint } from './paint.ts';
import { cut, width } from './width.ts';

export interface Live {
  /** Whether there is a region at all. */
  readonly shows: boolean;
  /** The lines of the region, for a screen of so many columns. Nothing is written when they are the same. */
  readonly update: (lines: (columns: number) => readonly string[]) => void;
  /** Writes lines that stay. */
  readonly print: (sink: Sink, lines: readonly string[]) => void;
  /** Takes the region away. */
  readonly close: () => void;
}

/** Makes the region, empty. */
export function createLive(io: Io, paint: Paint): Live {
  if (!io.out.isTTY || io.env['TERM'] === 'dumb') {
    return {
      shows: false,
      update: () => undefined,
      print: (sink, lines) => sink.write(text(lines)),
      close: () => undefined,
    };
  }
  let draw: (columns: number) => readonly string[] = () => [];
  let shown: readonly string[] = [];

  const columns = (): number => io.out.columns ?? 80;

  const next = (): readonly string[] => {
    const room = Math.max(1, (io.out.rows ?? 24) - 2);
    const all = draw(columns());
    const kept =
      all.length <= room ? all : [...all.slice(0, room - 1), `… and ${all.length - room + 1} more`];
    // One column stays free: a full line would wrap on some terminals.
    return kept.map((line) => cut(line, columns() - 1));
  };

  const erased = (): string => {
    // Also clears the "^C" that a terminal writes where the cursor is.
    if (shown.length === 0) return '\r\x1b[J';
    // A terminal made narrower since has wrapped the lines, so that they take more rows than were written.
    const rows = shown.reduce((sum, line) => sum + Math.max(1, Math.ceil(width(line) / columns())), 0);
    return `\x1b[${rows}A\r\x1b[J`;
  };

  const drawn = (lines: readonly string[]): string => {
    shown = lines;
    return text(lines.map(paint.faint));
  };

  const repaint = (): void => io.out.write(erased() + drawn(next()));
  const stopResize = io.onResize(repaint);
  return {
    shows: true,
    update(lines) {
      draw = lines;
      const wanted = next();
      if (wanted.length === shown.length && wanted.every((line, index) => line === shown[index])) return;
      io.out.write(erased() + drawn(wanted));
    },
    print(sink, lines) {
      if (sink === io.out) {
        io.out.write(erased() + text(lines) + drawn(next()));
        return;
      }
      io.out.write(erased());
      sink.write(text(lines));
      io.out.write(drawn(next()));
    },
    close() {
      stopResize();
      draw = () => [];
      io.out.write(erased());
      shown = [];
    },
  };
}

function text(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
