import type { Argument } from '../verb.ts';

/** The argument of verbs that are about some functions, or about all. */
export const NAMES: Argument = {
  name: 'NAME',
  description: 'functions; all when none is named',
  arity: 'many',
};
