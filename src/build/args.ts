import type { FunctionName, Revision } from '../core/names.ts';
import type { BuildSettings, FolderSource } from '../core/specs.ts';
import type { Bases } from './bases.ts';

type Args = Readonly<Record<string, string>>;
type Environment = Readonly<Record<string, string | undefined>>;

/** Build arguments that decide what is in the image: they enter the revision. */
export function stableArgs(name: FunctionName, source: FolderSource, settings: BuildSettings): Args {
  const options = Object.entries(source.options).map(([key, value]) => [optionArg(key), value] as const);
  return {
    ...settings.args,
    ...Object.fromEntries(options),
    PACKAGES_BUILD: packageList(source.packages.build),
    PACKAGES_RUN: packageList(source.packages.run),
    FAASO_FUNCTION: name,
  };
}

/** `max-threads` → `OPTION_MAX_THREADS`. */
export function optionArg(option: string): string {
  return `OPTION_${option.replaceAll('-', '_').toUpperCase()}`;
}

/** Sorted, each once: their order in the file decides nothing. */
function packageList(packages: readonly string[]): string {
  return [...new Set(packages)].sort().join(' ');
}

/** References of the base images; their content enters the revision, not these names. */
export function baseArgs({ build, run }: Bases): Args {
  return {
    ...(build === undefined ? {} : { BASE_BUILD: build.reference }),
    ...(run === undefined ? {} : { BASE_RUN: run.reference }),
  };
}

/** Build arguments that do not enter the revision. BuildKit keeps proxy variables out of the image and of its cache keys. */
export function volatileArgs(revision: Revision, settings: BuildSettings, env: Environment): Args {
  return { FAASO_REVISION: revision, ...(settings.proxy === 'host' ? proxyArgs(env) : {}) };
}

const PROXY_VARIABLES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'] as const;

/** Both spellings of each proxy variable, because programs differ in which one they read. */
function proxyArgs(env: Environment): Args {
  const args: Record<string, string> = {};
  for (const name of PROXY_VARIABLES) {
    const lower = name.toLowerCase();
    const value = env[name] ?? env[lower];
    if (value === undefined || value === '') continue;
    args[name] = value;
    args[lower] = value;
  }
  return args;
}
