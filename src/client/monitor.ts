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
  /** A backend's, and no page's: whoever has it may do anything. */
  readonly apiKey: string;
  readonly fetch?: (url: string, init: { readonly headers: Record<string, string> }) => Promise<Response>;
}

/** Contract diet-game: WebSocketMonitor, over the server's HTTP API. Rejects with what the server says is wrong. */
export class WebSocketMonitor {
  constructor(private readonly options: MonitorOptions) {}

  getMetrics(): Promise<ConnectionMetrics> {
    return this.#get("/v1/metrics");
  }

  /** All that are connected now. */
  async getConnectionStats(): Promise<ConnectionStats[]> {
    const all: ConnectionStats[] = [];
    for (let hasMore = true; hasMore; ) {
      const last = all.at(-1);
      const after = last ? `&after=${encodeURIComponent(last.id)}` : "";
      const page = await this.#get<{ connections: ConnectionStats[]; hasMore: boolean }>(
        `/v1/connections?limit=1000${after}`,
      );
      all.push(...page.connections);
      hasMore = page.hasMore && page.connections.length > 0;
    }
    return all;
  }

  /** The latest, newest first. */
  async getErrorLogs(limit = 100): Promise<ErrorLog[]> {
    const { errors } = await this.#get<{ errors: ErrorLog[] }>(`/v1/errors?limit=${limit}`);
    return errors;
  }

  async #get<Answer>(path: string): Promise<Answer> {
    const { url, apiKey, fetch = globalThis.fetch } = this.options;
    const answer = await fetch(new URL(path, url).href, { headers: { authorization: `Bearer ${apiKey}` } });
    if (answer.ok) return JSON.parse(await answer.text());
    throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  }
}
