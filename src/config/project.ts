import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';

import { nameFrom } from '../core/names.ts';
import type { FunctionName } from '../core/names.ts';
import type { BuildSettings, PortRange, Project, Route, RouterSettings } from '../core/specs.ts';
import { isAddressRange, parseListen } from './addresses.ts';
import { DEFAULTS } from './defaults.ts';
import type { Named } from './functions.ts';
import { functionSpecs } from './functions.ts';
import { failureHook } from './hook.ts';
import type { Inputs } from './inputs.ts';
import type { At } from './problems.ts';
import { routerProtection } from './protection.ts';
import type { RawProject, RawRouter } from './raw.ts';
import type { DeclaredRoute } from './routes.ts';
import { declaredRoutes, routeName, targetScope } from './routes.ts';
import { rules } from './rules.ts';
import type { Scope } from './scope.ts';
import { quoted } from './source.ts';
import type { Validated } from './validate.ts';

/** A project, and where its routes are written. */
export interface Resolved {
  readonly project: Project;
  readonly routes: readonly DeclaredRoute[];
  /** Where a function names a secret. */
  readonly secretAt: (name: FunctionName, secret: string) => () => At;
}

/** The project that the file describes. Meaningful only when no error was reported. */
export async function resolveProject(
  inputs: Inputs,
  scope: Scope,
  { raw, broken }: Validated<RawProject>,
): Promise<Resolved> {
  if (raw.routes === undefined && raw.functions === undefined && !scope.problems.failed) {
    scope.error(undefined, 'there are neither routes nor functions; write "functions: {}" if none are meant');
  }
  const routes = declaredRoutes(scope.in('routes'), raw.routes ?? {});
  const named = namedFunctions(scope, raw, routes).filter(({ name }) => !broken.has(name));
  const hook = raw.on_failure;
  const onFailure = hook === undefined ? undefined : await failureHook(inputs, scope.in('on_failure'), hook);
  const project: Project = {
    name: projectName(scope, raw, inputs.root),
    root: inputs.root,
    ports: portRange(raw.ports ?? DEFAULTS.ports),
    router: routerSettings(scope.in('router'), raw.router ?? {}),
    build: buildSettings(raw),
    routes: routes.map(({ route }) => route).toSorted(compareRoutes),
    functions: await functionSpecs(inputs, named),
    ...(onFailure === undefined ? {} : { onFailure }),
  };
  const ephemeral = await ephemeralPorts();
  for (const rule of rules) rule({ project, routes, scope, functionCount: named.length, ephemeral });
  const secretAt: Resolved['secretAt'] = (name, secret) => {
    const index = raw.functions?.[name]?.secrets?.indexOf(secret) ?? 0;
    return scope.in('functions', name, 'secrets').at(String(index));
  };
  return { project, routes, secretAt };
}

/** The functions with an entry and those that only a route names, each once. */
function namedFunctions(scope: Scope, raw: RawProject, routes: readonly DeclaredRoute[]): readonly Named[] {
  const named = new Map<string, Named>();
  for (const [name, entry] of Object.entries(raw.functions ?? {})) {
    const here = scope.in('functions', name);
    named.set(name, { name, scope: here, entry: entry ?? {}, mentions: [] });
  }
  for (const declared of routes) {
    const name = declared.route.function;
    const known = named.get(name);
    if (known?.entry !== undefined) continue;
    const here = targetScope(declared, raw.routes ?? {});
    const mentions = [...(known?.mentions ?? []), { route: routeName(declared.route), scope: here }];
    named.set(name, { name, scope: known?.scope ?? here, entry: undefined, mentions });
  }
  return [...named.values()];
}

function projectName(scope: Scope, raw: RawProject, root: string): string {
  if (raw.name !== undefined) return raw.name;
  const name = nameFrom(basename(root));
  if (name === undefined)
    scope.error(undefined, `the folder's name ${quoted(basename(root))} cannot name the project; set name`);
  return name ?? '';
}

function portRange(text: string): PortRange {
  const [first = 0, last = 0] = text.split('-').map(Number);
  return { first, last };
}

function routerSettings(scope: Scope, raw: RawRouter): RouterSettings {
  const listen = raw.listen ?? DEFAULTS.router.listen;
  const parsed = parseListen(listen);
  if ('problem' in parsed)
    scope.error('listen', `listen ${quoted(listen)} ${parsed.problem}`, parsed.suggestion);
  const trustedProxies = raw.trusted_proxies ?? [];
  for (const [index, range] of trustedProxies.entries()) {
    if (isAddressRange(range)) continue;
    scope
      .in('trusted_proxies')
      .error(String(index), `${quoted(range)} must be an address or a range such as 10.0.0.0/8`);
  }
  const address = 'value' in parsed ? parsed.value : { host: '', port: 0 };
  return { kind: raw.kind ?? DEFAULTS.router.kind, ...address, trustedProxies, ...routerProtection(raw) };
}

function buildSettings({ build = {}, bases = {} }: RawProject): BuildSettings {
  return {
    caBundle: build.ca_bundle ?? DEFAULTS.build.caBundle,
    proxy: build.proxy ?? DEFAULTS.build.proxy,
    args: Object.fromEntries(Object.entries(build.args ?? {})),
    bases: Object.fromEntries(Object.entries(bases)),
  };
}

function compareRoutes(a: Route, b: Route): number {
  const key = ({ host = '', path, methods = [] }: Route): string => `${host}\n${path}\n${methods.join()}`;
  return key(a) < key(b) ? -1 : 1;
}

/** Linux's range of ports for outgoing connections (ip(7)). */
async function ephemeralPorts(): Promise<PortRange | undefined> {
  const text = await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').catch(() => '');
  const [first, last] = text.trim().split(/\s+/).map(Number);
  return first === undefined || last === undefined || Number.isNaN(last) ? undefined : { first, last };
}
