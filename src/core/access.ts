/** One line of the access log, as it lies in the file. */
export interface AccessLine {
  /** ISO 8601, UTC; when the answer ended. */
  readonly time: string;
  readonly request_id: string;
  /** Address of whoever asked; behind trusted proxies the one that they name. */
  readonly client: string;
  /** As host, path and protocol empty where the request could not be read. */
  readonly method: string;
  readonly host: string;
  /** Without the query. */
  readonly path: string;
  readonly protocol: string;
  /** With host where the route has one; `null`: no route led anywhere. */
  readonly route: string | null;
  readonly function: string | null;
  /** The beginning of the container's id; `null`: none was asked. */
  readonly instance: string | null;
  /** 499: the client left before its answer was complete. 101: a WebSocket, whose line comes at its end. */
  readonly status: number;
  /** The code of the router's own answer, or why it broke off the function's; `null`: the function answered. */
  readonly error: string | null;
  /** Of the body of the request. */
  readonly bytes_in: number;
  /** Of the body of the answer. */
  readonly bytes_out: number;
  readonly duration_ms: number;
  /** Until the function's answer began; `null`: it did not. */
  readonly upstream_ms: number | null;
  readonly user_agent: string;
  readonly trace_id: string | null;
  /** The name in the route's `auth` that proved itself. */
  readonly auth: string | null;
}

/** What the access log says of lines that could not be written, as while the disk was full. */
interface LostLines {
  readonly time: string;
  /** How many. */
  readonly lost: number;
}

export type AccessLogLine = AccessLine | LostLines;
