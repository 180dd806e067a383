import { charWidth } from '../../src/cli/render/width.ts';

interface Row {
  cells: string[];
  /** Whether the next row goes on with the same line. */
  wrapped: boolean;
}

/**
 * What a terminal shows of the text written to it, scrolled-off lines included: wrapping, `\r`, cursor up, erase
 * to the end of the screen, and lines that wrap anew when the width changes. Throws on control codes that it
 * does not know. Colours are not kept.
 */
export class Screen {
  #rows: Row[] = [{ cells: [], wrapped: false }];
  #at = { row: 0, column: 0 };
  columns: number;
  readonly height: number;

  constructor(columns: number, height: number) {
    this.columns = columns;
    this.height = height;
  }

  write(text: string): void {
    // oxlint-disable-next-line no-control-regex -- control codes are what a screen understands
    for (const [token] of text.matchAll(/\x1b\[[\d;]*[A-Za-z]|[^]/gu)) this.#take(token);
  }

  /** A window of another width: whole lines are wrapped anew, as xterm and VTE do. */
  resize(columns: number): void {
    this.columns = columns;
    const lines: string[][] = [[]];
    for (const row of this.#rows.slice(0, this.#at.row + 1)) {
      lines.at(-1)?.push(...row.cells);
      if (!row.wrapped) lines.push([]);
    }
    this.#rows = [{ cells: [], wrapped: false }];
    this.#at = { row: 0, column: 0 };
    for (const [index, cells] of lines.slice(0, -1).entries()) {
      if (index > 0) this.#take('\n');
      for (const cell of cells) this.#take(cell === '' ? ' ' : cell);
    }
  }

  text(): string {
    return this.#rows
      .map((row) => row.cells.join('').trimEnd())
      .join('\n')
      .replace(/\n+$/, '\n');
  }

  #take(token: string): void {
    // oxlint-disable-next-line no-control-regex -- as above
    const csi = /^\x1b\[([\d;]*)([A-Za-z])$/.exec(token);
    if (csi !== null) this.#control(csi[1] ?? '', csi[2] ?? '');
    else if (token === '\n') this.#newline(false);
    else if (token === '\r') this.#at.column = 0;
    else if (token < ' ' || token === '\x7f')
      throw new Error(`a screen does not know ${JSON.stringify(token)}`);
    else this.#put(token);
  }

  #control(parameter: string, final: string): void {
    if (final === 'm') return;
    if (final === 'A') {
      const top = Math.max(0, this.#rows.length - this.height);
      this.#at.row = Math.max(top, this.#at.row - Number(parameter || 1));
    } else if (final === 'J' && parameter === '') {
      this.#rows.length = this.#at.row + 1;
      const row = this.#row();
      row.cells.length = Math.min(row.cells.length, this.#at.column);
      row.wrapped = false;
    } else throw new Error(`a screen does not know CSI ${parameter}${final}`);
  }

  #put(char: string): void {
    const wide = charWidth(char);
    if (this.#at.column + wide > this.columns) this.#newline(true);
    const { cells } = this.#row();
    while (cells.length < this.#at.column) cells.push(' ');
    cells[this.#at.column] = char;
    for (let more = 1; more < wide; more += 1) cells[this.#at.column + more] = '';
    this.#at.column += wide;
  }

  #newline(wrapped: boolean): void {
    this.#row().wrapped = wrapped;
    this.#at = { row: this.#at.row + 1, column: 0 };
    if (this.#at.row === this.#rows.length) this.#rows.push({ cells: [], wrapped: false });
  }

  #row(): Row {
    const row = this.#rows[this.#at.row];
    if (row === undefined) throw new Error('the cursor is on a row');
    return row;
  }
}
