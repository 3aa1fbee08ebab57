import type { Logger } from "pino";
import { type Config, ConfigError } from "../config.ts";
import type { Core } from "../core/core.ts";
import { Limiter } from "../core/inbound/limits.ts";
import type { Clock } from "../core/ports/clock.ts";
import { watchFileDescriptors } from "../file-descriptors.ts";
import type { createHttpApp } from "../http/app.ts";
import { withSecurityHeaders } from "../http/headers.ts";
import { type Listener, startListener } from "../listener.ts";
import type { Endpoint } from "../server.ts";
import { proveTls, readTls, type TlsPair, watchTls } from "../tls.ts";
import type { Reporting } from "./reporting.ts";
import type { Status } from "./status.ts";

const NO_DESCRIPTORS =
  "no file descriptor is left, so new connections are closed: raise the limit (ulimit -n, or LimitNOFILE= of systemd)";

/** The certificate and its key, checked; undefined for a server without TLS. */
export async function openTls(
  config: Config,
  clock: Clock,
  warn: (line: string) => void,
): Promise<TlsPair | undefined> {
  const tls = readTls(config);
  if (tls) await proveTls(tls);
  if (tls && tls.validTo < clock.now()) warn("TLS_CERT_FILE: the certificate has expired");
  return tls;
}

export interface EndpointWiring {
  readonly config: Config;
  readonly clock: Clock;
  readonly core: Core;
  readonly http: ReturnType<typeof createHttpApp>;
  readonly refusedUpgrades: Map<number, number>;
  readonly reporting: Reporting;
  readonly status: Status;
}

/** What the listener does with an upgrade and with a request. */
export function createEndpoint(wiring: EndpointWiring): Endpoint {
  const { config, clock, core, http, status, refusedUpgrades, reporting } = wiring;
  const { protocols, connections, traffic, newId, spent } = core;
  return {
    ...{ config, clock, protocols, connections, traffic, newId, spent, refusedUpgrades },
    direct: http.direct,
    draining: () => status.isDraining,
    refusing: () => status.isClosing || status.isIsolated,
    stopping: () => status.isStopping,
    largestFrame: Math.max(
      config.MAX_BUFFERED_BYTES,
      8 * config.MAX_CONTENT_LENGTH + 2 * config.MAX_MESSAGE_BYTES,
    ),
    addresses: new Limiter(clock, config.ADDRESS_RATE_LIMIT, 0),
    limiters: new Map(protocols.map((one) => [one, new Limiter(clock, one.connectionsPerMinute ?? 0, 0)])),
    fetch: async (request) => withSecurityHeaders(await http.answer(request)),
    dress: withSecurityHeaders,
    failed: (error) => reporting.report(error, { where: "http" }),
  };
}

/** Listens; calls `failed` before it throws. */
export async function listenOr(
  endpoint: Endpoint,
  tls: TlsPair | undefined,
  failed: () => Promise<void>,
): Promise<Listener> {
  try {
    return startListener(endpoint, tls);
  } catch (error) {
    await failed();
    const { HOST, TLS_CERT_FILE, WS_PORT } = endpoint.config;
    // For a host that does not exist, Bun reports the code of the last failed system call, whichever that was.
    const isAddress =
      !TLS_CERT_FILE ||
      (error instanceof Error && "code" in error && /^(EADDR|EACCES)/.test(String(error.code)));
    const what = isAddress
      ? `WS_PORT, HOST: cannot listen on ${HOST}:${WS_PORT}`
      : "TLS_CERT_FILE, TLS_KEY_FILE: must be a certificate and its key";
    throw new ConfigError(`${what} (${error instanceof Error ? error.message : error})`);
  }
}

/** Renews the certificate and watches file descriptors while the server listens. Returns what ends that. */
export function watchListener(
  server: Listener,
  { config, clock }: Endpoint,
  hasTls: boolean,
  log: Logger,
  { tell, report }: Reporting,
) {
  const descriptors = watchFileDescriptors(clock, {
    exhausted: () => tell(new Error(NO_DESCRIPTORS), { where: "listener" }),
    freed: (turnedAway) => log.info({ turnedAway }, "there are file descriptors again"),
  });
  descriptors.listens(server.port);
  let isStopped = false;
  const stopWatchingTls = hasTls
    ? watchTls(config, clock, {
        async renew(pair) {
          await proveTls(pair);
          if (pair.validTo < clock.now()) throw new ConfigError("TLS_CERT_FILE: the certificate has expired");
          if (isStopped) return;
          server.renew(pair);
          descriptors.listens(server.port);
          log.info({ validTo: new Date(pair.validTo).toISOString() }, "the certificate was renewed");
        },
        failed: (error) => report(error, { where: "tls", what: "the certificate in use stays" }),
      })
    : undefined;
  return {
    stopRenewing() {
      isStopped = true;
      stopWatchingTls?.();
    },
    stop: descriptors.stop,
  };
}
