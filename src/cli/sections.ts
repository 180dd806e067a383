/** The order of the overview: by what somebody wants to do. First words of verbs; a group is one line. */
export const SECTIONS: Readonly<Record<string, readonly string[]>> = {
  Begin: ['setup', 'init', 'new', 'runtimes', 'validate'],
  Serve: ['apply', 'plan', 'test', 'serve', 'build', 'export'],
  Look: ['status', 'logs', 'invoke', 'explain', 'releases', 'shell', 'doctor'],
  'Change and remove': ['restart', 'rollback', 'secret', 'adopt', 'down', 'prune'],
  'faaso itself': ['daemon', 'schema', 'version', 'help'],
};
