/** What the system says of a file or folder that cannot be used, in words. */
const WORDS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  EEXIST: 'a file is in the way',
  ENOTDIR: 'a file is in the way',
  EISDIR: 'a folder is in the way',
  ENAMETOOLONG: 'the path is too long',
};

/** Of these nothing but the machine can be the cause, wherever they come from. */
const NEVER_A_DEFECT: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS']);

export interface FileProblem {
  /** As the system was given it; absent where it names none. */
  readonly path?: string;
  readonly reason: string;
  /** `written`, where it can be read at least. */
  readonly cannotBe: 'written' | 'read or written';
}

/** What a failed call on a file says; `undefined` for every other error. */
export function fileProblem(error: unknown): FileProblem | undefined {
  const { code = '', path } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  const reason = WORDS[code];
  if (reason === undefined) return undefined;
  const cannotBe = code === 'EROFS' ? 'written' : 'read or written';
  return { ...(path === undefined ? {} : { path }), reason, cannotBe };
}

/**
 * {@link fileProblem} of an error that nobody expected, where it surely is no defect. Sockets and programs are no
 * files.
 */
export function certainFileProblem(error: Error): FileProblem | undefined {
  const { code = '', path, syscall = '' } = error as NodeJS.ErrnoException;
  if (path === undefined || /^(?:spawn|connect|listen|bind)/.test(syscall)) return undefined;
  return NEVER_A_DEFECT.has(code) ? fileProblem(error) : undefined;
}
