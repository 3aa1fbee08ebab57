/** Contract diet-game: Monitoring. Of the whole server. */
export interface ConnectionMetrics {
  readonly activeConnections: number;
  readonly totalConnections: number;
  readonly messagesPerSecond: number;
  /** Milliseconds. */
  readonly averageLatency: number;
  readonly errorRate: number;
  /** Seconds. */
  readonly uptime: number;
}

/** A connection, as operators see it. Protocols tell more of theirs. Times are ISO 8601. */
export interface ConnectionStats {
  readonly id: string;
  readonly protocol: string;
  readonly userId: string | null;
  readonly address: string;
  readonly connectedAt: string;
  readonly lastSeen: string;
  readonly rooms: readonly string[];
  readonly unsentBytes: number;
  readonly [more: string]: unknown;
}

export interface ErrorLog {
  readonly id: number;
  /** ISO 8601. */
  readonly time: string;
  readonly where: string;
  readonly message: string;
  readonly code?: string;
}

export interface MonitorOptions {
  /** Of the server: `https://example.org`. */
  readonly url: string;
  /** For backends only, never in a page: it opens everything. */
  readonly apiKey: string;
  readonly fetch?: (url: string, init: { readonly headers: Record<string, string> }) => Promise<Response>;
}

/** Contract diet-game: WebSocketMonitor, over the server's HTTP API. Rejects with what the server says is wrong. */
export class WebSocketMonitor {
  constructor(private readonly options: MonitorOptions) {}

  async getMetrics(): Promise<ConnectionMetrics> {
    return read(await this.#ask("/v1/metrics"));
  }

  /** All that are connected now. */
  async getConnectionStats(): Promise<ConnectionStats[]> {
    const all = new Map<string, ConnectionStats>();
    /** Ids of those that came before, the last one last. */
    let before: string[] = [];
    for (let hasMore = true; hasMore; ) {
      const last = before.at(-1);
      const after = last === undefined ? "" : `&after=${encodeURIComponent(last)}`;
      const answer = await this.#ask(`/v1/connections?limit=1000${after}`);
      // It has closed meanwhile, and the one before it may be open.
      if (answer.status === 400 && last !== undefined) before.pop();
      else {
        const page = await read<{ connections: ConnectionStats[]; hasMore: boolean }>(answer);
        for (const one of page.connections) all.set(one.id, one);
        before = [...all.keys()];
        hasMore = page.hasMore;
      }
    }
    return [...all.values()];
  }

  /** The latest, newest first. */
  async getErrorLogs(limit = 100): Promise<ErrorLog[]> {
    const { errors } = await read<{ errors: ErrorLog[] }>(await this.#ask(`/v1/errors?limit=${limit}`));
    return errors;
  }

  #ask(path: string): Promise<Response> {
    const { url, apiKey, fetch = globalThis.fetch } = this.options;
    return fetch(new URL(path, url).href, { headers: { authorization: `Bearer ${apiKey}` } });
  }
}

async function read<Answer>(answer: Response): Promise<Answer> {
  if (answer.ok) return JSON.parse(await answer.text());
  throw new Error(`the server answers ${answer.status}: ${await answer.text()}`);
}
