/** Where lines of the access log go, with their ends. Never throws. */
export interface AccessSink {
  write(line: string): void;
}
