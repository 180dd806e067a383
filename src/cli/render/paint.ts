import pc from 'picocolors';

import type { Io, Sink } from '../io.ts';

type Painter = (text: string) => string;

/** Colours by meaning. Everything stays readable without them. */
export interface Paint {
  readonly good: Painter;
  readonly bad: Painter;
  readonly warn: Painter;
  readonly faint: Painter;
  readonly strong: Painter;
  /** What was looked for. */
  readonly found: Painter;
  /** One of six colours, by number: tells functions apart. */
  readonly apart: (index: number) => Painter;
}

/**
 * Whether a stream gets colours: a terminal that knows them, unless `NO_COLOR` (no-color.org) or `--no-color` says no.
 */
export function wantsColor(io: Io, sink: Sink, allowed: boolean): boolean {
  const { NO_COLOR: off, TERM: term } = io.env;
  return allowed && sink.isTTY && (off === undefined || off === '') && term !== 'dumb';
}

/** The colours, or none. */
export function createPaint(color: boolean): Paint {
  const colors = pc.createColors(color);
  const apart = [colors.cyan, colors.yellow, colors.green, colors.magenta, colors.blue, colors.red];
  return {
    good: colors.green,
    bad: colors.red,
    warn: colors.yellow,
    faint: colors.dim,
    strong: colors.bold,
    found: colors.red,
    apart: (index) => apart[index % apart.length] ?? colors.cyan,
  };
}
