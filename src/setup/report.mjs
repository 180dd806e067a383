// One line a step, in the shape that every later line of faaso has too: subject, what happened, time.

const NAME_COLUMN = 11;
const TEXT_COLUMN = 51;
const LINE = 73;
/** Shorter waits are noise: a time is shown where somebody waited. */
const WORTH_SHOWING_MS = 100;

/** An error of set-up: what is wrong, what is known about it, and what to do (lines of text or commands). */
export class SetupError extends Error {
  /**
   * @param {string} message
   * @param {{ details?: string[], hint?: string[], cause?: unknown }} [more]
   */
  constructor(message, { details = [], hint = [], cause } = {}) {
    super(message, { cause });
    this.name = 'SetupError';
    this.details = details;
    this.hint = hint;
  }
}

/**
 * Breaks text at spaces so that no line is longer than the width, unless one word alone is.
 * @param {string} text
 * @param {number} [width]
 * @returns {string[]}
 */
export function wrap(text, width = TEXT_COLUMN) {
  const lines = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line ? `${line} ${word}` : word;
    }
  }
  return [...lines, line];
}

/**
 * The line of one finished step.
 * @param {string} name
 * @param {string} text
 * @param {number} [ms]
 * @returns {string}
 */
export function stepLine(name, text, ms = 0) {
  const lines = wrap(text).map((line, index) => (index ? '' : name).padEnd(NAME_COLUMN) + line);
  if (ms >= WORTH_SHOWING_MS) {
    const time = `${(ms / 1000).toFixed(1)} s`;
    const last = lines.pop();
    lines.push(last.padEnd(LINE - time.length - 1) + ' ' + time);
  }
  return lines.join('\n');
}

/**
 * The text of a failed step: the subject first, then what is known, then what to do.
 * @param {string} name
 * @param {Error & { details?: string[], hint?: string[] }} error
 * @returns {string}
 */
export function failureText(name, error) {
  const indent = ' '.repeat(NAME_COLUMN);
  const details = (error.details ?? []).map((line) => `${indent}  ${line}`);
  const hint = (error.hint ?? []).map((line) => `${indent}${line}`);
  return [`${name.padEnd(NAME_COLUMN)}FAILED: ${error.message}`, ...details, ...hint].join('\n');
}

/**
 * Prints the lines of steps; on a terminal it also shows what is going on while somebody waits.
 * @param {NodeJS.WriteStream} [out]
 */
export function createReport(out = process.stdout) {
  const clear = () => out.isTTY && out.write('\r\x1b[K');
  return {
    /** @param {string} name @param {string} text */
    working(name, text) {
      clear();
      if (out.isTTY) out.write(`${name.padEnd(NAME_COLUMN)}${text} …`.slice(0, (out.columns ?? 80) - 1));
    },
    /**
     * Runs a step, prints its line; a step that returns no text prints nothing.
     * @template T
     * @param {string} name
     * @param {() => Promise<{ text?: string } & T>} work
     */
    async step(name, work) {
      const start = performance.now();
      try {
        const result = await work();
        clear();
        if (result?.text) out.write(`${stepLine(name, result.text, performance.now() - start)}\n`);
        return result;
      } catch (error) {
        clear();
        error.step ??= name;
        throw error;
      }
    },
  };
}
