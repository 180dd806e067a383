/** Why a request got no complete answer. */
export interface UpstreamFailure {
  /**
   * `refused`: no connection; `exhausted`: none, as this process or host has no file or port left for one; `broke-off`: it
   * ended early; `invalid`: the answer breaks HTTP; `internal`: our defect.
   */
  readonly kind: 'refused' | 'exhausted' | 'broke-off' | 'invalid' | 'internal';
  /** Whether the kernel took any byte of this request. */
  readonly sent: boolean;
  /** Whether any byte of an answer came. */
  readonly answered: boolean;
  /** Whether the connection had carried a request before. */
  readonly reused: boolean;
  readonly cause: Error;
}

/** What is short on this side: files, ports, memory of the kernel. */
const SHORTAGES = new Set(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS', 'ENOMEM']);

/** What the error of a socket means. */
export function failureKind(error: NodeJS.ErrnoException): 'refused' | 'exhausted' | 'broke-off' {
  if (error.syscall !== 'connect') return 'broke-off';
  return SHORTAGES.has(error.code ?? '') ? 'exhausted' : 'refused';
}
