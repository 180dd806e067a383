/**
 * The hosts that a program's output says it could not reach.
 * @param {string} output of apt-get, mmdebstrap or npm
 * @returns {string[]}
 */
export function unreachableHosts(output) {
  const patterns = [
    /Could not resolve '([^']+)'/g,
    /(?:Could not|Cannot|Unable to) connect to ([^\s:]+)/g,
    /Failed to fetch https?:\/\/([^/\s]+)\S*\s+(?:Could not|Cannot|Unable|Connection|Temporary)/g,
    /(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ECONNRESET).*?https?:\/\/([^/\s]+)/g,
    /getaddrinfo \w+ (\S+)/g,
    /request to https?:\/\/([^/\s]+)\S* failed/g,
  ];
  const hosts = patterns.flatMap((pattern) => [...output.matchAll(pattern)].map((match) => match[1]));
  return [...new Set(hosts)];
}

/**
 * What to do about a network that does not answer. A proxy that is set and wrong looks like no network.
 * @param {'http_proxy' | 'https_proxy'} variable
 * @param {NodeJS.ProcessEnv} env
 */
export function networkHint(variable, env) {
  const proxy = env[variable] ?? env[variable.toUpperCase()];
  const about = proxy ? `${variable} is ${withoutPassword(proxy)}` : `set ${variable} if there is a proxy`;
  return `Check the network (${about}), then run this again.`;
}

const withoutPassword = (url) => url.replace(/\/\/[^/@]*@/, '//…@');
