/**
 * What the parts count: handed in as an argument, like the logger. What tells one series from another
 * is few and fixed: never a user, a conversation or a text that came from outside.
 */
export interface Metrics {
  /** A publication was handed to the bus. */
  published(): void
  /** A frame's publications were written to that many sockets in all. */
  delivered(count: number): void
  /** From commit to the flush to sockets. */
  lag(seconds: number): void
  /** Numbers that this node's hub missed when it last compared with the past. */
  behind(numbers: number): void
  /** The past was read. */
  caughtUp(reason: 'gap' | 'silence' | 'resume'): void
  /** An expected "no", by its name in the table of codes. */
  refused(door: 'http' | 'websocket', name: string): void
  /** A session ended; undefined: by its client, or by the network. */
  disconnected(code: number | undefined): void
  answered(method: string, route: string, status: number, seconds: number): void
  /** Messages written in one call of the database. */
  batch(size: number): void
}

export const noMetrics: Metrics = {
  published() {},
  delivered() {},
  lag() {},
  behind() {},
  caughtUp() {},
  refused() {},
  disconnected() {},
  answered() {},
  batch() {},
}
