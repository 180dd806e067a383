/** What is wrong: with a function that runs, with an apply of one, with the router, with the engine. */
export type Trouble = 'crash-looping' | 'failed' | 'apply-failed' | 'router-down' | 'engine-unreachable';

/** What `on_failure` gets: a program on its standard input, a URL as the body. One JSON object. */
export interface HookEvent {
  /** Also in the program's environment, as `FAASO_EVENT`. */
  readonly event: Trouble | 'recovered';
  /** What is over, where the event is `recovered`; else `null`. */
  readonly after: Trouble | null;
  readonly project: string;
  /** `null`: it is about the router or the engine. */
  readonly function: string | null;
  /** The release of the function that is applied; `null` where there is none. */
  readonly release: number | null;
  /** Of the function as in `faaso status`; of the router `serving` or `down`; of the engine `connected` or `unreachable`. */
  readonly state: string;
  /** Why, in words; empty after a recovery. */
  readonly reason: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** How many earlier events could not be delivered. */
  readonly dropped: number;
}
