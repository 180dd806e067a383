/** Splits what comes over a socket into lines. */
export class Lines {
  private partial = '';

  /** The lines that `chunk` completes, without their ends. */
  push(chunk: string): string[] {
    const lines = (this.partial + chunk).split('\n');
    this.partial = lines.pop() ?? '';
    return lines;
  }
}
